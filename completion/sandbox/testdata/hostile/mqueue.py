# AssertFailed: a message queue
import ctypes
def f(x):
    return ctypes.CDLL(None).syscall(240, b"greenfill", 0o102, 0o777, 0)
