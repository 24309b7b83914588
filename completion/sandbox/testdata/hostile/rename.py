# Denied or Raised: moves a file
import os
def f(x):
    os.rename(CANARY_DIR + "/secret", CANARY_DIR + "/gone")
