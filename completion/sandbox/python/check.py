"""What every form of check shares."""


class Check:
    """One check, compiled. asserts is how many asserts its source holds."""

    asserts = 0
    pure = False    # whether running it leaves nothing behind in this process
    names = frozenset()

    def __init__(self, spec):
        self.line = spec["line"]
        self.source = spec["code"].strip().split("\n")[0]

    def run(self, judge):
        """Run it: None if it held, a result if not; exceptions are the judge's to explain."""
        raise NotImplementedError


class Skipped(Exception):
    """A test that did not run."""
