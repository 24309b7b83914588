# Raised: replaces what handles errors
import sys, os
sys.excepthook = lambda *a: os._exit(0)
sys.unraisablehook = sys.excepthook
def f(x):
    raise RuntimeError("x")
