# Denied or Raised: reads a user's file
def f(x):
    return open(CANARY_DIR + "/secret").read()
