# Exited: asks to exit from the call
import sys
def f(x):
    sys.exit(0)
