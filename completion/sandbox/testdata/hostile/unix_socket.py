# Denied: connects to a socket file
import socket
def f(x):
    s = socket.socket(socket.AF_UNIX)
    s.connect(SOCK)
