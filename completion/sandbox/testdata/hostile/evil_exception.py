# Raised or Exited: an exception that is hostile when read
class E(Exception):
    def __str__(self):
        raise SystemExit(0)
    @property
    def args(self):
        raise SystemExit(0)
def f(x):
    raise E()
