# AssertFailed or Denied or TimedOut: removes everything it can
import shutil, os
def f(x):
    shutil.rmtree(CANARY_DIR, ignore_errors=True)
    for name in os.listdir("/"):
        shutil.rmtree("/" + name, ignore_errors=True)
    return 0
