# AssertFailed or Denied or Raised: asks whether a file outside exists
import os
def f(x):
    return os.stat(CANARY_DIR + "/secret").st_size
