# AssertFailed or TimedOut or OutOfMemory or OutputLimit or Denied: returns a million objects
def f(x):
    return [[i] for i in range(1000000)]
