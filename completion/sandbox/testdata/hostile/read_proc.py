# Denied or Raised: reads other processes
def f(x):
    return open("/proc/%d/environ" % SERVER, "rb").read()
