# AssertFailed or Exited or Denied or Raised: sends a function of the judge's by name
import os, json
def f(x):
    nodes = [[101, "name", "os", "_exit"]]
    data = json.dumps({"r": [101], "n": nodes}).encode()
    os.write(3, len(data).to_bytes(4, "little") + data)
    import time
    time.sleep(0.05)
    os._exit(0)
