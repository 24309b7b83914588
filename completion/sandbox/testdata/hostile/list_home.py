# Denied or Raised or AssertFailed: lists the home folder
import os
def f(x):
    return os.listdir(HOME)
