# Denied: sends a datagram
import socket
def f(x):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b"stolen", ("127.0.0.1", PORT))
