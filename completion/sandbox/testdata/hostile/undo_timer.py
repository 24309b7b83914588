# TimedOut: takes its own time limit away
import ctypes
libc = ctypes.CDLL(None)
for n in (222, 223, 226, 107, 110, 111):
    for i in range(4):
        libc.syscall(n, i, 0, ctypes.create_string_buffer(64), None)
def f(x):
    while True:
        pass
