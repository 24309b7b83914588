# AssertFailed: reads the server's environment
import os
def f(x):
    return dict(os.environ)
