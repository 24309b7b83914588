# Denied: announces four gigabytes
import os
def f(x):
    os.write(3, b"\xff\xff\xff\xff" + b"x" * 100)
    os._exit(0)
