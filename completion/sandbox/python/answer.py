"""The candidate's process: it defines the function under test and answers calls to it.

It never receives the checks and holds no descriptor but the socket to the judging
process; whatever it sends is data, judged over there.
"""
import os
import sys

from _greenfill import zygote
from _greenfill.peer import Peer, send_frame

SOCKET = 3


class Answerer(Peer):
    """The candidate's end of the conversation."""

    def __init__(self, module, shared):
        self.module = module
        self.names = set()      # globals that the judging process sends: they are sent back
        self.originals = {}     # what they were before
        Peer.__init__(self, SOCKET, False, shared, module.user_module, (), lambda reason: os._exit(0))

    def globals(self):
        ns = self.module.ns
        return {n: ns[n] for n in self.names if n in ns}

    def set_globals(self, values):
        """Take over globals that the checks replaced, "module:name" among them; undo those they put back."""
        for key in list(self.originals):
            if key not in values:
                self.place(key, self.originals.pop(key))
                self.names.discard(key)
        for key, value in values.items():
            self.originals.setdefault(key, self.place(key, value))
            if ":" not in key:
                self.names.add(key)

    def place(self, key, value):
        """Set a global or a module's attribute; returns what was there."""
        module, _, name = key.rpartition(":")
        target = vars(sys.modules[module]) if module else self.module.ns
        old = target.get(name)
        target[name] = value
        return old

    def printed(self, message):
        out, err = sys.__stdout__, sys.__stderr__
        if out.tell():
            message["o"] = out.drain()
        if err.tell():
            message["e"] = err.drain()

    def origin(self, exc):
        return origin(self.module, exc)

    def reply(self, key, result, where):
        """Answer; a value that fights being read becomes an error that says so."""
        try:
            Peer.reply(self, key, result, where)
        except Exception as e:
            broken = TypeError("the result cannot be read: %s" % type(e).__name__)
            Peer.reply(self, "x", broken, self.origin(broken))

    def serve_forever(self):
        while True:
            self.answer(self.recv())


def origin(module, exc):
    """Where in the user's file an exception came from, and what kind of end it means."""
    line = 0
    tb = exc.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == module.file:
            line = tb.tb_lineno
        tb = tb.tb_next
    if isinstance(exc, SyntaxError) and exc.filename == module.file:
        line = exc.lineno or line
    where = {"line": line, "type": type(exc).__name__, "message": zygote.told(module, exc, importing=True)}
    if isinstance(exc, OSError) and exc.errno in (1, 13):
        where["denied"] = 1
        tried = module.source_line(line)
        if tried:
            where["message"] += ", at: " + tried
    if isinstance(exc, MemoryError):
        where["memory"] = 1
    return where


def main(z, config):
    """Run the prelude, then turn into one child per candidate."""
    root = config["function"].split(".")[0]
    before, after = zygote.split_prelude(config, root)
    try:
        zygote.run_prelude(z.module, config, before)
    except zygote.Failed as e:
        send_frame(zygote.CONTROL, {"event": "failed", "what": e.args[0]})
        os._exit(0)
    sys.stdout.drain(), sys.stderr.drain()
    shared = set(config["names"]) | {n for n in z.module.ns if not n.startswith("__")}
    peer = Answerer(z.module, shared)
    z.ready()
    request, fds = z.loop()
    z.confine(request, fds)
    candidate(z.module, config, request, peer, after)


def candidate(module, config, request, peer, after):
    """Define the candidate and answer until the judging process is done."""
    try:
        exec(module.compile(request["text"], request["line"]), module.ns)
        for fragment in after:
            exec(module.compile(fragment["text"], fragment["line"], place=fragment["place"]), module.ns)
        target = function(module, config["function"])
    except BaseException as e:
        where = origin(module, e)
        where["syntax"] = isinstance(e, SyntaxError) and e.filename == module.file
        where["exit"] = isinstance(e, SystemExit)
        send_frame(SOCKET, {"dead": where})
        os._exit(0)
    peer.codec.objects[0] = target
    peer.codec.handles[id(target)] = 0
    peer.codec.exported[0] = "object"
    send_frame(SOCKET, {"ready": 1})
    try:
        peer.serve_forever()
    finally:
        os._exit(0)


def function(module, name):
    """The function under test; of a method the plain function, so that it takes self."""
    parts = name.split(".")
    if parts[0] not in module.ns:
        raise NameError("the candidate defines no %s" % parts[0])
    obj = module.ns[parts[0]]
    for part in parts[1:]:
        if part not in vars(obj):
            raise NameError("the candidate defines no %s" % name)
        owner, obj = obj, vars(obj)[part]
    if isinstance(obj, classmethod):
        inner = obj.__func__
        return lambda cls, *args, **kwargs: inner(cls, *args, **kwargs)
    if isinstance(obj, staticmethod):
        return obj.__func__
    if isinstance(obj, property):
        return lambda self: obj.fget(self)
    if hasattr(type(obj), "func") and hasattr(obj, "func"):  # cached_property
        return obj.func
    return obj
