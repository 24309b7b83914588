"""The fallback: candidate and checks in one process.

Confined like the others, but a hostile candidate could reach into the judge; so verdicts
from here are marked as weaker. Used only for specs that cannot be split.
"""
import os
import sys

from _greenfill import answer, forms, judge, rewrite, zygote
from _greenfill.peer import send_frame


class Solo(judge.Judge):
    """A judge whose function under test is defined beside it."""

    fd = 3

    def run_check(self, check):
        self.calls = -1  # every check counts as one that called the function
        return judge.Judge.run_check(self, check)

    def cause(self, exc):
        tb = exc.__traceback__
        while tb is not None:
            code = tb.tb_frame.f_code
            if code.co_filename == self.module.file and self.first <= code.co_firstlineno <= self.last_line:
                return answer.origin(self.module, exc)
            tb = tb.tb_next
        return None

    def swallowed(self):
        return False


def main(z, config):
    module = z.module
    root = config["function"].split(".")[0]
    solo = Solo(z, config)
    solo.fd = 3
    before, after = zygote.split_prelude(config, root)
    try:
        zygote.run_prelude(module, config, before)
    except zygote.Failed as e:
        send_frame(zygote.CONTROL, {"event": "failed", "what": e.args[0]})
        os._exit(0)
    module.ns[rewrite.HOOK] = solo
    checks = [forms.compiled(solo, check) for check in config["checks"]]
    sys.stdout.drain(), sys.stderr.drain()

    def run():
        z.ready()
        request, fds = z.loop()
        z.confine(request, fds)
        both(solo, module, config, request, after, checks)
    forms.within(solo, checks, run)


def both(solo, module, config, request, after, checks):
    """Define the candidate and run the checks on it."""
    solo.nonce = request["nonce"]
    solo.first = request["line"]
    solo.last_line = request["line"] + request["text"].count("\n")
    try:
        exec(module.compile(request["text"], request["line"]), module.ns)
        for fragment in after:
            exec(module.compile(fragment["text"], fragment["line"], place=fragment["place"]), module.ns)
        answer.function(module, config["function"])
    except BaseException as e:
        where = answer.origin(module, e)
        where["syntax"] = isinstance(e, SyntaxError) and e.filename == module.file
        where["exit"] = isinstance(e, SystemExit)
        solo.emit({"end": "dead", "what": where})
        os._exit(0)
    solo.run(checks)
    os._exit(0)
