# Denied: announces more than it sends
import os
def f(x):
    os.write(3, (1000).to_bytes(4, "little") + b"{")
    os._exit(0)
