# AssertFailed or Denied or Raised: makes a namespace of its own
import ctypes
def f(x):
    return ctypes.CDLL(None).unshare(0x10000000)
