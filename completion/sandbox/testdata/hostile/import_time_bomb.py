# AssertFailed or Raised: changes modules for later candidates
import math, json, random
math.sqrt = lambda x: 7919
json.dumps = lambda *a, **k: "{}"
def f(x):
    return 0
