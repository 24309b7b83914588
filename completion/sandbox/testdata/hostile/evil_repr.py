# AssertFailed: an object that is hostile when printed
class R:
    def __repr__(self):
        while True:
            pass
    __str__ = __repr__
def f(x):
    return R()
