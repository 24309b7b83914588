# Denied or Raised: changes a file's times
import os
def f(x):
    os.utime(CANARY_DIR + "/secret", (0, 0))
