# Denied: asks the kernel about the network
import socket
def f(x):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
