# AssertFailed: returns a number whose digits take forever
def f(x):
    return 1 << 30000000
