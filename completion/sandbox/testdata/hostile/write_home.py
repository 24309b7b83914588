# Denied or Raised: writes into the home folder
import os
def f(x):
    open(os.path.join(HOME, ".profile"), "a").write("# greenfill\n")
