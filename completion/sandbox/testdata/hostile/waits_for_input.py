# Raised: waits for somebody to type
def f(x):
    return input()
