# AssertFailed: writes into the zygote's memory
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def f(x):
    return libc.process_vm_writev(os.getppid(), 0, 0, 0, 0, 0)
