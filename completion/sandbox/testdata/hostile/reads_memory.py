# AssertFailed or Denied or Raised: reads its own memory for the checks' source
def f(x):
    for line in open("/proc/self/maps"):
        pass
    return 0
