# Denied: starts workers
import multiprocessing
def f(x):
    with multiprocessing.Pool(2) as p:
        return p.map(abs, [x])
