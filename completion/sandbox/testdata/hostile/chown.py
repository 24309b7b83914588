# Denied or Raised: changes a file's owner
import os
def f(x):
    os.chown(CANARY_DIR + "/secret", 1, 1)
