# TimedOut: never ends
def f(x):
    while True:
        pass
