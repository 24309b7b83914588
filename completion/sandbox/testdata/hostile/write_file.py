# Denied or Raised: writes a file
def f(x):
    open(CANARY_DIR + "/written", "w").write("x")
