# OutputLimit or OutOfMemory or TimedOut: returns more than can be carried
def f(x):
    return "x" * (200 << 20)
