# AssertFailed or Raised: an object that is hostile when hashed
class H:
    def __hash__(self):
        raise SystemExit(0)
    def __eq__(self, other):
        return True
def f(x):
    return [H()]
