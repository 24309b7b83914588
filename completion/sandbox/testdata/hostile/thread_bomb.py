# AssertFailed or Raised or TimedOut or OutOfMemory or Crashed: starts threads without end
import threading, time
def f(x):
    while True:
        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
