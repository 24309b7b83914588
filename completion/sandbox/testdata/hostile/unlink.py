# Denied or Raised: removes a file
import os
def f(x):
    os.unlink(CANARY_DIR + "/secret")
