# Denied or Raised: reads keys in the home folder
import glob
def f(x):
    return open(HOME + "/.ssh/id_rsa").read()
