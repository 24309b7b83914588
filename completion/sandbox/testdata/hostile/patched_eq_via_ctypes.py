# AssertFailed or Crashed or Raised: changes what int comparison does
import ctypes
def f(x):
    p = ctypes.cast(id(int) + 200, ctypes.POINTER(ctypes.c_void_p))
    p[0] = 0
    return 5
