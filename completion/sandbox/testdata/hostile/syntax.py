# SyntaxError: source that no parser takes
def f(x):
    return ((((((((
