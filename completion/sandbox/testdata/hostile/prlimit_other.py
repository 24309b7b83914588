# Denied or Raised: takes the parent's limits away
import resource, os
def f(x):
    resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (0, 0))
