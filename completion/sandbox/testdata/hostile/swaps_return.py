# AssertFailed: changes the value under the caller's eyes
import threading
def f(x):
    box = [0]
    def change():
        while True:
            box[0] = 7919
    threading.Thread(target=change, daemon=True).start()
    return box
