# Denied or Raised: adds to a file
def f(x):
    open(CANARY_DIR + "/secret", "a").write("x")
