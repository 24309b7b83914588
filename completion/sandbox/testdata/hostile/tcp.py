# Denied: connects by TCP
import socket
def f(x):
    s = socket.create_connection(("127.0.0.1", PORT))
    s.sendall(b"stolen")
