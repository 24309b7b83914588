# AssertFailed: leaves a thread that never ends
import threading
def f(x):
    threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=False).start()
    return 0
