# Denied or Raised: changes another process's priority
import os
def f(x):
    os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)
