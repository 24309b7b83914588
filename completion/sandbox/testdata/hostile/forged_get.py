# Denied or AssertFailed: asks for attributes that lead on
import os, json
def f(x):
    for h in range(0, 20):
        data = json.dumps({"q": "get", "h": h, "a": ["__globals__"], "n": []}).encode()
        os.write(3, len(data).to_bytes(4, "little") + data)
    return 0
