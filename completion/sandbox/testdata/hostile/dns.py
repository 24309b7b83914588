# Denied or Raised: looks up a name
import socket
def f(x):
    return socket.getaddrinfo("localhost.localdomain", 80)
