# TimedOut: never gets defined
while True:
    pass
def f(x):
    return x
