# Denied: stops the process that started it
import os, signal
def f(x):
    os.kill(os.getppid(), signal.SIGSTOP)
