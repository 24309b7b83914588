# Denied: nests a message a hundred thousand deep
import os
def f(x):
    data = b'{"r":' + b"[" * 100000 + b"]" * 100000 + b',"n":[]}'
    os.write(3, len(data).to_bytes(4, "little") + data)
    os._exit(0)
