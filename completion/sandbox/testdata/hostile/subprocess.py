# Denied: runs a program
import subprocess
def f(x):
    return subprocess.check_output(["/bin/echo", "7919"])
