# Raised: ends a loop of the checks early
def f(x):
    raise StopIteration(7919)
