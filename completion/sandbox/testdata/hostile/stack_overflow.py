# Crashed or Raised or TimedOut or OutOfMemory: recursion without end
import sys
sys.setrecursionlimit(10 ** 9)
def f(x):
    return f(x)
