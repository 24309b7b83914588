# Raised: raises what a failing check raises
def f(x):
    raise AssertionError()
