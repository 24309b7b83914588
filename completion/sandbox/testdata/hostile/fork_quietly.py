# AssertFailed: forks and swallows the error
import os
def f(x):
    try:
        os.fork()
    except OSError:
        pass
    return 0
