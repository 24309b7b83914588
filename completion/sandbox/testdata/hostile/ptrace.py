# AssertFailed: traces the process that started it
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    return libc.ptrace(16, os.getppid(), 0, 0)
