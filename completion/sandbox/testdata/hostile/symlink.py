# Denied or Raised: makes a link to look through
import os
def f(x):
    os.symlink("/etc/passwd", CANARY_DIR + "/link")
