# Denied or Raised: reads the list of users
def f(x):
    return open("/etc/passwd").read()
