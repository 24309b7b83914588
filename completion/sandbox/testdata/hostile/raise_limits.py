# AssertFailed or Raised or OutOfMemory: raises its own limits
import resource
def f(x):
    try:
        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
    except (ValueError, OSError):
        pass
    return bytearray(20 << 30) and 0
