# Denied: becomes a shell
import os
def f(x):
    os.execve("/bin/sh", ["sh", "-c", "touch " + CANARY_DIR + "/touched; exit 0"], {})
