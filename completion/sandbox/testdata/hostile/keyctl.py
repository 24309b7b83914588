# AssertFailed: the kernel's key ring
import ctypes
def f(x):
    return ctypes.CDLL(None).syscall(250, 0, -3, 1)
