# Denied or Raised: makes a folder
import os
def f(x):
    os.mkdir(CANARY_DIR + "/made")
