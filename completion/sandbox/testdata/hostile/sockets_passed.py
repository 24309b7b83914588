# AssertFailed or Denied: sends a descriptor to the judge
import socket, array
def f(x):
    s = socket.socket(fileno=3)
    s.sendmsg([b""], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])
    s.detach()
    return 0
