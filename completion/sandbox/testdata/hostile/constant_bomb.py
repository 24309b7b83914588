# TimedOut or OutOfMemory or AssertFailed or SyntaxError: source whose constants are huge
def f(x):
    return len("a" * 10 ** 9) + 1
