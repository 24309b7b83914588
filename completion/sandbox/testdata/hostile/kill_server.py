# Denied or Raised: ends the server
import os, signal
def f(x):
    os.kill(SERVER, signal.SIGKILL)
