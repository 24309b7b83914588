"""The forms a check can have: statements, doctest examples, test functions."""
from _greenfill import pytest_form, rewrite, zygote
from _greenfill.check import Check, Skipped


class Invalid(Check):
    """A check that cannot run, whatever the candidate."""

    def __init__(self, spec, message, line=0):
        Check.__init__(self, spec)
        self.result = {"status": "CheckInvalid", "line": line or self.line, "source": self.source, "message": message}

    def run(self, judge):
        return dict(self.result)


class Statements(Check):
    def __init__(self, judge, spec):
        Check.__init__(self, spec)
        self.code, self.asserts = rewrite.compile_check(judge, spec)
        self.names = rewrite.names_in(self.code)
        self.pure = rewrite.pure(judge.module, spec["code"], judge.function)

    def run(self, judge):
        if self.code.co_flags & 0x80:  # CO_COROUTINE: await at module level
            import asyncio
            import types
            asyncio.run(types.FunctionType(self.code, judge.module.ns)())
        else:
            exec(self.code, judge.module.ns)


class Doctest(Check):
    """One interactive example, judged by the doctest module itself."""

    def __init__(self, judge, spec):
        import doctest
        Check.__init__(self, spec)
        lines = spec["code"].rstrip("\n").split("\n")
        text = ">>> " + "\n... ".join(lines) + "\n" + spec["want"]
        try:
            parsed = doctest.DocTestParser().get_examples(text, judge.module.file)
        except ValueError as e:
            raise SyntaxError(str(e))
        self.example = parsed[0]
        self.asserts = 1 if spec["want"].strip() else 0
        code = compile(self.example.source, judge.module.file, "single", judge.module.flags, True)
        self.names = rewrite.names_in(code)
        self.source = ">>> " + lines[0]

    def run(self, judge):
        import doctest
        found = {}
        line = self.line

        class Runner(doctest.DocTestRunner):
            def report_start(self, out, test, example):
                pass

            def report_failure(self, out, test, example, got):
                found.update(status="AssertFailed", actual=got.strip()[:500], expected=example.want.strip()[:500])

            def report_unexpected_exception(self, out, test, example, info):
                found["exc"] = info[1]

        runner = Runner(verbose=False)
        test = doctest.DocTest([self.example], judge.module.ns, "example", judge.module.file, line - 1, None)
        test.globs = judge.module.ns  # itself, not a copy: examples build on each other
        kept = {name: judge.module.ns[name] for name in ("__name__", "__builtins__")}
        if self.asserts:
            judge.reached += 1
        runner.run(test, out=lambda text: None, clear_globs=False)
        judge.module.ns.update(kept)
        if "exc" in found:
            raise found["exc"]
        if found:
            return dict(found, line=line, source=self.source, inputs=judge.last or "")


class Test(Check):
    """A test function without arguments, or a method of a unittest.TestCase."""

    def __init__(self, judge, spec):
        Check.__init__(self, spec)
        self.code, self.asserts = rewrite.compile_check(judge, spec)
        self.names = rewrite.names_in(self.code)
        self.test = spec["test"]
        exec(self.code, judge.module.ns)
        self.source = self.test

    def run(self, judge):
        parts = self.test.split(".")
        obj = judge.module.ns[parts[0]]
        if len(parts) == 1:
            result = obj()
            if hasattr(result, "__await__"):
                import asyncio

                async def whole():
                    return await result
                asyncio.run(whole())
            return None
        return self.run_method(judge, obj, parts[-1])

    def run_method(self, judge, cls, name):
        import unittest
        if not issubclass(cls, unittest.TestCase):
            obj = cls()
            setup = getattr(obj, "setup_method", None)
            if setup is not None:
                setup(*[getattr(obj, name)][:setup.__code__.co_argcount - 1])
            getattr(obj, name)()
            return None
        errors = []

        class Result(unittest.TestResult):
            def addError(self, test, err):
                errors.append(err[1])

            def addFailure(self, test, err):
                errors.append(err[1])

            def addSubTest(self, test, subtest, err):
                if err is not None:
                    errors.append(err[1])

            def addSkip(self, test, reason):
                errors.append(Skipped(reason))

            def addUnexpectedSuccess(self, test):
                errors.append(AssertionError("unexpected success"))

        unittest.TestSuite([cls(name)]).run(Result())
        if errors:
            if isinstance(errors[0], Skipped):
                return {"status": "CheckInvalid", "line": self.line, "source": self.test,
                        "message": "the test was skipped: %s" % errors[0]}
            raise errors[0]


def compared(exc, short):
    """What an assertion method of a library compared, from its frame: {actual, expected} or {}."""
    tb = exc.__traceback__
    while tb is not None:
        f = tb.tb_frame
        if f.f_code.co_name.startswith("assert") and "unittest" in f.f_code.co_filename:
            names = f.f_locals
            for a, b in (("first", "second"), ("member", "container"), ("expr1", "expr2"), ("obj", "cls")):
                if a in names and b in names:
                    return {"actual": short(names[a]), "expected": short(names[b])}
            if "expr" in names:
                return {"actual": short(names["expr"])}
        if f.f_code.co_name.startswith("assert") and "numpy" in f.f_code.co_filename:
            names = f.f_locals
            if "actual" in names and "desired" in names:
                return {"actual": short(names["actual"]), "expected": short(names["desired"])}
        tb = tb.tb_next
    return {}


def compiled(judge, spec):
    """The check of a spec; Invalid if it does not compile."""
    kinds = {1: Statements, 2: Doctest, 3: Test}
    kind = kinds[spec["form"]]
    try:
        if kind is Test and pytest_form.needed(spec):
            kind = pytest_form.Pytest
        return kind(judge, spec)
    except SyntaxError as e:
        line = spec["line"] + (e.lineno or 1) - 1
        return Invalid(spec, "the check does not compile: %s" % e.msg, line)
    except BaseException as e:
        return Invalid(spec, "%s: %s" % (type(e).__name__, zygote.first_line(e)))


def within(judge, checks, run):
    """Call run, which never returns, inside what the checks need around them."""
    if any(isinstance(check, pytest_form.Pytest) for check in checks):
        pytest_form.within(judge, [c for c in checks if isinstance(c, pytest_form.Pytest)], run)
    run()
