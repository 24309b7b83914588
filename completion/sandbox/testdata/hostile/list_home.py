# Denied or Raised: lists the home folder
import os
def f(x):
    return os.listdir(HOME)
