# Exited: exits while it is being defined
import os
os._exit(0)
def f(x):
    return x
