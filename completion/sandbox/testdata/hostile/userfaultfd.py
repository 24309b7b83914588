# AssertFailed: faults handled by itself
import ctypes
def f(x):
    return ctypes.CDLL(None).syscall(323, 0)
