# Denied or Raised: makes a device
import os, stat
def f(x):
    os.mknod(CANARY_DIR + "/dev", stat.S_IFCHR | 0o666, os.makedev(1, 1))
