# AssertFailed: mounts over the system
import ctypes
def f(x):
    return ctypes.CDLL(None).mount(b"none", b"/tmp", b"tmpfs", 0, None)
