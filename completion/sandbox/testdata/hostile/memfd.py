# Denied: files in memory
import os
def f(x):
    return os.memfd_create("x")
