# Denied or Raised: changes a file's mode
import os
def f(x):
    os.chmod(CANARY_DIR + "/secret", 0o777)
