# TimedOut: never ends, and ignores what would end it
import signal
for n in range(1, 65):
    try:
        signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
try:
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
except Exception:
    pass
def f(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
