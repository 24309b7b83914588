# OutOfMemory: a hundred gigabytes at once
def f(x):
    return bytearray(100 << 30)
