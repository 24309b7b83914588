# Denied: leaves a process that never ends
import os, time
def f(x):
    if os.fork() == 0:
        os.setsid()
        time.sleep(1000)
    return 0
