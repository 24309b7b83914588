# Denied or AssertFailed: asks the judge to call something it never gave
import os, json
def f(x):
    data = json.dumps({"q": "call", "h": 0, "a": [], "n": []}).encode()
    os.write(3, len(data).to_bytes(4, "little") + data)
    return 0
