# AssertFailed: returns a list inside itself
def f(x):
    v = []
    v.append(v)
    return v
