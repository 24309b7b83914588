# Denied or AssertFailed: a system call of the x32 interface
import ctypes
def f(x):
    return ctypes.CDLL(None).syscall(0x40000000 + 39)
