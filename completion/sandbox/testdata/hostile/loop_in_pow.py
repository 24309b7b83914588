# TimedOut: one arithmetic operation without end
def f(x):
    return 3 ** (10 ** 9)
