"""The judging process: it runs the checks and never runs candidate code.

Calls to the function under test go to the candidate's process. Only this process holds
the pipe on which verdicts are written, and each check's result is written as soon as it
is known, so that an end in the middle loses nothing.
"""
import _socket
import os
import struct
import sys
import time

from _greenfill import forms, rewrite, zygote
from _greenfill.codec import Unsplittable
from _greenfill.peer import Peer, encode_json, send_frame
from _greenfill.short import call_text, short

SOCKET, VERDICT = 3, 4


class Stub:
    """Stands for the function under test: calling it asks the candidate's process."""

    def __init__(self, judge, name):
        self.__dict__["_judge"] = judge
        self.__dict__["__name__"] = self.__dict__["__qualname__"] = name
        self.__dict__["__module__"] = "__main__"

    def __call__(self, *args, **kwargs):
        return self._judge.call(args, kwargs)

    def __get__(self, obj, owner=None):
        return self if obj is None else Bound(self, obj)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return self._judge.peer.request("get", 0, [name])

    def __repr__(self):
        return "<function %s>" % self.__name__


class Bound:
    """A Stub as the method of an object."""

    def __init__(self, stub, obj):
        self.__func__, self.__self__ = stub, obj

    def __call__(self, *args, **kwargs):
        return self.__func__(self.__self__, *args, **kwargs)


class Judge:
    """The checks of one program, compiled, and the record of one run of them."""

    def __init__(self, z, config):
        self.z = z
        self.module = z.module
        self.function = config["function"]
        self.asserts = []       # rewrite.Assert of every assert, by number
        self.notes = {}         # values noted by the assert that is running
        self.reached = 0
        self.failed = None      # number of the last assert that failed
        self.calls = 0
        self.last = None        # last call's (args, kwargs), as text
        self.current = 0
        self.error = None       # the AssertionError it raised
        self.peer = None
        self.fd = VERDICT
        self.nonce = None
        self.unwritten = ""     # records not yet written
        self.wrote = 0.0        # when they were last
        self.turns = 0          # candidates that this process may still judge
        self.enough = 0         # processor time after which it judges no more

    # What rewritten checks call.

    def begin(self, k):
        self.reached += 1
        self.notes = {}

    def note(self, k, i, value):
        self.notes[i] = value
        return value

    def counted(self, function):
        self.reached += 1
        return function

    def fail(self, k, message=None):
        """The assert number k did not hold."""
        record = self.asserts[k]
        actual, expected = self.sides(record)
        self.failed = {"line": record.line, "source": record.source, "actual": actual, "expected": expected,
                       "inputs": self.last or "", "message": "" if message is None else short_text(message)}
        error = AssertionError() if message is None else AssertionError(message)
        self.error = error
        raise error

    def sides(self, record):
        """(actual, expected) of the comparison evaluated last, as text."""
        for left, op, right, swap in reversed(record.pairs):
            if right in self.notes:
                a, b = self.notes[left], self.notes[right]
                if swap:
                    a, b = b, a
                return short(a), short(b) if op == "==" else "%s %s" % (op, short(b))
        for i, wanted in reversed(record.truths):
            if i in self.notes:
                return short(self.notes[i]), "a true value" if wanted else "a false value"
        return "", ""

    # Calls to the candidate.

    def call(self, args, kwargs):
        self.calls += 1
        self.last = call_text(self.function, args[1:] if "." in self.function else args, kwargs)
        return self.peer.request("call", 0, args, kwargs)

    # Results.

    def stands(self):
        """Whether this process is to judge another candidate."""
        codec = self.peer.codec
        return self.turns > 1 and not codec.live and not codec.users and time.process_time() < self.enough

    def emit(self, record):
        """Write a record: a check's result, or the end. Quick results wait for the next one."""
        if self.nonce:
            record["nonce"] = self.nonce
        self.unwritten += encode_json(record) + "\n"
        now = time.monotonic()
        if "end" in record or now - self.wrote > 0.02:
            view = memoryview(self.unwritten.encode("ascii"))
            while view:
                view = view[os.write(self.fd, view):]
            self.unwritten, self.wrote = "", now

    def lost(self, reason):
        """The conversation is over: say where, and end so that no test can catch it."""
        self.emit({"end": reason, "check": self.current, "inputs": self.last or ""})
        os._exit(0)

    def run(self, checks):
        for i, check in enumerate(checks):
            self.current = i
            try:
                result = self.run_check(check)
            except Unsplittable as e:
                self.lost("unsplittable: %s" % e)
            result["check"] = i
            self.emit(result)
        self.emit({"end": "done", "reached": self.reached, "sets": bool(self.peer and self.peer.codec.sets),
                   "stands": bool(self.peer) and self.stands()})

    def reset(self, peer):
        """Forget the candidate that was judged."""
        self.peer, self.notes, self.reached, self.calls, self.current = peer, {}, 0, 0, 0
        self.failed = self.error = self.last = None
        sys.stdout.drain(), sys.stderr.drain()

    def run_check(self, check):
        """Run one check and say how it ended."""
        before, calls = self.reached, self.calls
        self.failed = self.error = self.last = None
        try:
            outcome = check.run(self)
        except Unsplittable:
            raise
        except BaseException as e:
            return self.ended_by(e, check, self.calls > calls)
        if outcome is not None:
            return outcome
        if self.failed is not None and self.swallowed():
            return dict(self.failed, status="AssertFailed")
        if check.asserts and self.reached == before and self.calls > calls:
            return {"status": "Vacuous", "line": check.line, "source": check.source,
                    "message": "no assert of this check was reached"}
        return {"status": "Passed", "line": check.line}

    def swallowed(self):
        """Whether a failed assert was raised into the candidate's process, which let it vanish."""
        return self.peer is not None and id(self.error) in self.peer.codec.handles

    def ended_by(self, exc, check, called):
        """The result of a check that an exception ended."""
        result = {"line": self.line_of(exc) or check.line, "source": check.source, "inputs": self.last or "",
                  "type": type(exc).__name__, "message": zygote.told(self.module, exc, importing=True)}
        cause = self.cause(exc)
        if self.failed is not None and isinstance(exc, AssertionError) and exc is self.error:
            return dict(self.failed, status="AssertFailed", type="AssertionError")
        if cause is not None:
            result.update(line=cause["line"] or result["line"], type=cause["type"], message=cause["message"])
            kind = "Denied" if cause.get("denied") else "OutOfMemory" if cause.get("memory") else "Raised"
            if isinstance(exc, SystemExit):
                kind = "Exited"
            return dict(result, status=kind)
        outcomes = sys.modules.get("_pytest.outcomes")  # pytest.raises and pytest.fail raise its Failed
        if isinstance(exc, AssertionError) or (outcomes is not None and isinstance(exc, outcomes.fail.Exception)):
            result.update(forms.compared(exc, short))
            return dict(result, status="AssertFailed")
        if not called:
            return dict(result, status="CheckInvalid")
        return dict(result, status="Exited" if isinstance(exc, SystemExit) else "Raised")

    def cause(self, exc):
        """Where in the candidate an exception came from; None if it is the check's own."""
        seen = 0
        while exc is not None and seen < 10:
            if self.peer is not None and id(exc) in self.peer.where:
                return self.peer.where[id(exc)][1]
            exc = exc.__cause__ or exc.__context__
            seen += 1
        return None

    def line_of(self, exc):
        line = 0
        tb = exc.__traceback__
        while tb is not None:
            if tb.tb_frame.f_code.co_filename == self.module.file:
                line = tb.tb_lineno
            tb = tb.tb_next
        return line


def short_text(value):
    try:
        return str(value)[:300]
    except Exception:
        return "<message failed>"


def main(z, config):
    """Run the prelude, compile the checks, then turn into one child per candidate."""
    root = config["function"].split(".")[0]
    module = z.module
    judge = Judge(z, config)
    before, after = zygote.split_prelude(config, root)
    try:
        zygote.run_prelude(module, config, before)
        shared = set(config["names"]) | {n for n in module.ns if not n.startswith("__")}
        place_stub(judge, config, root)
    except zygote.Failed as e:
        send_frame(zygote.CONTROL, {"event": "failed", "what": e.args[0]})
        os._exit(0)
    known = dict(module.ns)
    module.ns[rewrite.HOOK] = judge
    checks = [forms.compiled(judge, check) for check in config["checks"]]
    state = state_names(judge, known, checks)
    sys.stdout.drain(), sys.stderr.drain()
    pure = not after and "." not in config["function"] and all(c.pure for c in checks)
    patches = patchable(known) if any("patch" in check["code"] for check in config["checks"]) else []

    def new_peer():
        return Asker(judge, shared, known, state, patches)

    def run():
        judge.peer = new_peer()
        z.ready(pure=pure)
        request, fds = z.loop()
        z.confine(request, fds)
        if request.get("standing"):
            stand(judge, checks, new_peer, request["limits"])
        child(judge, after, checks)
        os._exit(0)
    forms.within(judge, checks, run)


def patchable(known):
    """The modules that the prelude imported, and those people patch most, with their attributes."""
    modules = {value.__name__ for value in known.values() if isinstance(value, type(sys))}
    modules |= {"builtins", "sys", "os", "time", "random"}
    found = {name: dict(vars(sys.modules[name])) for name in modules if name in sys.modules and name != "__main__"}
    for name in ("stdout", "stderr", "modules"):  # each side has its own
        del found["sys"][name]
    return list(found.items())


class Asker(Peer):
    """The judging process's end of the conversation.

    known are the globals before any check; state names those that are the function's; patches
    are (module name, its attributes), of the modules whose attributes checks may replace.
    """

    def __init__(self, judge, shared, known, state, patches):
        self.ns, self.known, self.state, self.patches = judge.module.ns, known, state, patches
        Peer.__init__(self, SOCKET, True, shared, judge.module.user_module,
                      (lambda text: sys.stdout.write(text), lambda text: sys.stderr.write(text)), judge.lost)

    def globals(self):
        """Those that the checks replaced (a helper, a constant, time.time), and those that are state."""
        out, ns = {}, self.ns
        for name, value in self.known.items():
            now = ns.get(name, value)
            if now is not value or name in self.state:
                out[name] = now
        for module, attributes in self.patches:
            now = vars(sys.modules[module])
            for name, value in attributes.items():
                if now.get(name, value) is not value:
                    out[module + ":" + name] = now[name]
        return out

    def set_globals(self, values):
        self.ns.update((k, v) for k, v in values.items() if k in self.state)


def child(judge, after, checks):
    """Judge one candidate; true if its checks were run to the end."""
    module = judge.module
    hello = judge.peer.recv()
    if "ready" not in hello:
        judge.emit({"end": "dead", "what": hello.get("dead"), "stands": judge.stands()})
        return
    for fragment in after:
        exec(module.compile(fragment["text"], fragment["line"], place=fragment["place"]), module.ns)
    judge.run(checks)


def stand(judge, checks, new_peer, limits):
    """Judge one candidate after the other in this process, which nothing of theirs can change.

    Only for checks that are pure: asserts over calls with literals, which store nothing.
    The process ends after a candidate whose values were more than plain data, or when it has
    been used for long.
    """
    control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, SOCKET)
    judge.turns = TURNS
    judge.enough = limits["cpu"] / 3
    while True:
        data, ancillary, _, _ = control.recvmsg(1, _socket.CMSG_SPACE(8))
        if not data:
            break
        (_, _, body), = ancillary
        judge.peer.fd, judge.fd = fds = struct.unpack("2i", body)
        child(judge, (), checks)
        if not judge.stands():
            break
        judge.turns -= 1
        judge.reset(new_peer())
        for fd in fds:
            os.close(fd)
    os._exit(0)


TURNS = 500


def state_names(judge, known, checks):
    """Globals that count as the function's state, kept alike on both sides.

    Only what the checks mention and what is empty or a number before any call: a registry,
    a counter. A global that holds data (a list of cases) is the checks' own and never taken
    from the candidate, who could empty it.
    """
    mentioned = set()
    for check in checks:
        mentioned |= check.names
    state = set()
    for name in mentioned & set(known):
        value = known[name]
        if name.startswith("__") or callable(value) or isinstance(value, type(sys)):
            continue
        if value is None or type(value) in (int, float, bool) or (hasattr(value, "__len__") and len(value) == 0):
            state.add(name)
    return state


def place_stub(judge, config, root):
    """Define the function under test as a stub; a method's class comes from its source without the body."""
    name, module = config["function"], judge.module
    parts = name.split(".")
    if len(parts) == 1:
        module.ns[name] = Stub(judge, name)
        return
    unit = config["unit"]
    zygote.run_fragment(module, unit["text"], unit["line"])
    owner = module.ns[root]
    for part in parts[1:-1]:
        owner = vars(owner)[part]
    raw = vars(owner).get(parts[-1])
    stub = Stub(judge, parts[-1])
    if isinstance(raw, staticmethod):
        placed = staticmethod(stub)
    elif isinstance(raw, classmethod):
        placed = classmethod(stub)
    elif isinstance(raw, property):
        placed = property(stub, raw.fset, raw.fdel, raw.__doc__)
    elif type(raw).__name__ == "cached_property":
        placed = type(raw)(lambda self: stub(self))
        placed.__set_name__(owner, parts[-1])
    else:
        placed = stub
    setattr(owner, parts[-1], placed)
