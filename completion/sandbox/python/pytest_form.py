"""Tests that need pytest: parametrised ones, and those that ask for fixtures.

The workspace's own pytest collects them once, in the warm process, from `__main__`
instead of a file; its run loop is where that process waits for candidates. In each child
it runs the items of a check with their fixtures. Without pytest such a check is invalid
and says so.
"""
import ast
import os
import sys

from _greenfill import rewrite
from _greenfill.check import Check, Skipped


def needed(spec):
    """Whether a test cannot be run by calling it."""
    for node in ast.parse(spec["code"]).body:
        if isinstance(node, ast.ClassDef):
            methods = [n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
            bases = [ast.dump(b) for b in node.bases]
            if any("TestCase" in b for b in bases):
                return False
            if any(asks(m, 1) for m in methods if m.name == spec["test"].split(".")[-1]) or node.decorator_list:
                return True
        elif getattr(node, "name", None) == spec["test"] and asks(node, 0):
            return True
    return False


def asks(function, given):
    """Whether a test function has decorators or more arguments than the given ones."""
    args = function.args
    return bool(function.decorator_list) or len(args.args) + len(args.kwonlyargs) > given


class Pytest(Check):
    """One test as pytest sees it: one item, or one per set of parameters."""

    def __init__(self, judge, spec):
        Check.__init__(self, spec)
        try:
            import pytest  # noqa: F401
        except ImportError:
            raise ImportError("this test has parameters or fixtures, which need pytest in this interpreter")
        self.code, self.asserts = rewrite.compile_check(judge, spec)
        self.names = rewrite.names_in(self.code)
        self.source = self.test = spec["test"]
        exec(self.code, judge.module.ns)
        self.items = []
        self.plugin = None

    def run(self, judge):
        if not self.items:
            return {"status": "CheckInvalid", "line": self.line, "source": self.test, "message": "pytest collects no such test"}
        for item in self.items:
            self.plugin.errors = []
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self.plugin.errors:
                exc = self.plugin.errors[0]
                if type(exc).__name__ == "Skipped":
                    return {"status": "CheckInvalid", "line": self.line, "source": self.test,
                            "message": "the test was skipped: %s" % exc}
                raise exc
        return None


def within(judge, checks, run):
    """Let pytest collect the checks' tests, and call run inside its run loop."""
    import io
    import logging

    import pytest
    # pytest logs to the null device, which cannot be opened for writing here.
    logging.FileHandler._open = lambda self: io.StringIO()

    class Main(pytest.Module):
        """The user's program as a test module that needs no file."""

        def _getobj(self):
            return judge.module.main

    class Plugin:
        errors = []
        collected = False

        def pytest_collect_file(self, parent):
            if self.collected:
                return None
            self.collected = True
            import pathlib
            place = pathlib.Path(sys.executable)
            try:
                return Main.from_parent(parent, path=place)
            except TypeError:  # pytest before 7
                import py
                return Main.from_parent(parent, fspath=py.path.local(place))

        def pytest_runtestloop(self, session):
            sys.path[:] = path
            for item in session.items:
                names = [item.cls.__name__] if item.cls is not None else []
                name = ".".join(names + [getattr(item, "originalname", None) or item.name])
                for check in checks:
                    if check.test == name:
                        check.items.append(item)
                        check.plugin = self
            run()

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_makereport(self, item, call):
            if call.excinfo is not None:
                self.errors.append(call.excinfo.value)

    args = ["--capture=no", "--assert=plain", "--noconftest", "-q", "-c", os.devnull, "-p", "no:cacheprovider",
            "-p", "no:faulthandler", "--rootdir", os.path.dirname(sys.executable),
            "--confcutdir", os.path.dirname(sys.executable)]
    path = list(sys.path)
    if judge.module.dir and os.path.exists(os.path.join(judge.module.dir, "conftest.py")):
        args += ["-p", "conftest"]
        sys.path.insert(0, judge.module.dir)  # that one, and none of a folder of tests
    pytest.main(args + [sys.executable], plugins=[Plugin()])
    text = (sys.stdout.drain().strip() or sys.stderr.drain().strip()).splitlines()
    raise RuntimeError("pytest could not collect the tests: %s" % " ".join(text[-12:]))
