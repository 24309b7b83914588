# AssertFailed or TimedOut: and swallows the error
def f(x):
    keep = []
    try:
        while True:
            keep.append(bytearray(1 << 20))
    except MemoryError:
        del keep
    return 0
