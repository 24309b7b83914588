# OutOfMemory or TimedOut: memory bit by bit
def f(x):
    keep = []
    while True:
        keep.append(bytearray(1 << 20))
