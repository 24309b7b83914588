# AssertFailed or TimedOut: returns a deeply nested list
def f(x):
    v = []
    for _ in range(50000):
        v = [v]
    return v
