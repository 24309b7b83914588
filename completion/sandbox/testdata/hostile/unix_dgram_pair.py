# Denied: a datagram pair that can reach any socket file
import socket
def f(x):
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.sendto(b"stolen", SOCK)
