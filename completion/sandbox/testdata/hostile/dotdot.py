# Denied or Raised: walks out of the allowed folders
def f(x):
    return open("/usr/lib/../../etc/shadow").read()
