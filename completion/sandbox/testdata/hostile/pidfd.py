# AssertFailed: a handle of another process
import ctypes, os
def f(x):
    return ctypes.CDLL(None).syscall(434, os.getppid(), 0)
