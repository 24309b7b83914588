# AssertFailed: old shared memory
import ctypes
def f(x):
    return ctypes.CDLL(None).shmget(1, 4096, 0o1777)
