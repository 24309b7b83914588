# Exited or AssertFailed or Denied: shuts the socket
import socket
def f(x):
    s = socket.socket(fileno=3)
    s.shutdown(2)
    return 0
