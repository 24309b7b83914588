# Denied or Raised: leaves shared memory
def f(x):
    open("/dev/shm/greenfill-leftover", "w").write("x")
