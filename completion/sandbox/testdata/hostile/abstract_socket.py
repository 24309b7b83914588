# Denied: connects to an abstract socket
import socket
def f(x):
    s = socket.socket(socket.AF_UNIX)
    s.connect("\0greenfill-abstract")
