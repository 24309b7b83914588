# Denied: sends an instance of a class it may not name
import os, json
def f(x):
    nodes = [[101, "inst", "unittest.mock", "_ANY", None, [], []]]
    data = json.dumps({"r": [101], "n": nodes}).encode()
    os.write(3, len(data).to_bytes(4, "little") + data)
    os._exit(0)
