# Denied: sends what is no message
import os
def f(x):
    os.write(3, (6).to_bytes(4, "little") + b"\x00\xff\xfe[[[")
    os._exit(0)
