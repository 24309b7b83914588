# Denied: waits for connections
import socket
def f(x):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
