# AssertFailed: a program in the kernel
import ctypes
def f(x):
    return ctypes.CDLL(None).syscall(321, 0, 0, 0)
