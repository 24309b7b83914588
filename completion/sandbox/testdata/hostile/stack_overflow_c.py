# Crashed or Raised or TimedOut or OutOfMemory: recursion without end, in C
import sys
sys.setrecursionlimit(10 ** 9)
class A:
    def __repr__(self):
        return repr([self])
def f(x):
    return repr(A())
