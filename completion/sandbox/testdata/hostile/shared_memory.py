# Denied or Raised: leaves shared memory by its own interface
from multiprocessing import shared_memory
def f(x):
    return shared_memory.SharedMemory("greenfill-leftover", create=True, size=1 << 20)
