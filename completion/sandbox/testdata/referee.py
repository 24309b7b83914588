"""Plain CPython's opinion on programs: one word per check, in the sandbox's words.

Each program runs in a fork, because prelude and candidate may leave things behind; its
answer comes back on a pipe. Two hash seeds are not tried here.
"""
import io
import json
import os
import resource
import sys


def outcome(program):
    ns = {"__name__": "__main__"}
    try:
        for f in sorted(program["Prelude"] or [], key=lambda f: False):
            exec(compile(f["Text"], "p", "exec"), ns)
    except Exception:
        return "PreludeFailed"
    try:
        code = compile(program["Candidate"]["Text"], "c", "exec")
    except SyntaxError:
        return "SyntaxError"
    try:
        exec(code, ns)
    except Exception:
        return "Raised"
    if program["Function"] not in ns:
        return "Raised"  # a NameError in every check, which the sandbox says once
    words = []
    for check in program["Checks"]:
        try:
            exec(compile(check["Code"], "t", "exec"), ns)
            words.append("Passed")
        except MemoryError:
            return "OutOfMemory"
        except AssertionError:
            words.append("AssertFailed")
        except Exception:
            words.append("Raised")
    return " ".join(words)


def main():
    out = []
    for program in json.load(sys.stdin):
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(r)
            resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            sys.stdout = io.StringIO()
            os.write(w, outcome(program).encode())
            os._exit(0)
        os.close(w)
        word = os.read(r, 4096).decode()
        os.close(r)
        _, status = os.waitpid(pid, 0)
        out.append(word or "TimedOut")
    json.dump(out, sys.stdout)


main()
