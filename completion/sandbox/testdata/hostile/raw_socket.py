# Denied: raw packets
import socket
def f(x):
    socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
