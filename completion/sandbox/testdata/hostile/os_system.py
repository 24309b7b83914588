# AssertFailed: runs a shell
import os
def f(x):
    return os.system("touch " + CANARY_DIR + "/touched")
