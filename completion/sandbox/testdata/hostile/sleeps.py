# TimedOut: sleeps for ever
import time
def f(x):
    time.sleep(10000)
