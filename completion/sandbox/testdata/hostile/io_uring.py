# AssertFailed: system calls by another door
import ctypes
def f(x):
    return ctypes.CDLL(None).syscall(425, 8, 0)
