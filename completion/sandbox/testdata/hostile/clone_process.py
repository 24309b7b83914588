# AssertFailed: forks by the bare system call
import ctypes, os
def f(x):
    pid = ctypes.CDLL(None).syscall(56, 17, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    return pid
