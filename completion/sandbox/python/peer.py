"""The conversation between the judging process and the candidate's.

One socket, one message at a time: a request, then its answer, with requests the other way
nested between. Whoever breaks the form ends the conversation; on the judging side that
ends the process at once, so that no `except` of a test can turn it into something else.
"""
import _thread
import json
import os
import sys

from _greenfill import decode, remote
from _greenfill.codec import Codec, Encoder, ProtocolError

LIMIT = 32 << 20
encode_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
scan_json = json.JSONDecoder().scan_once  # without the search for white space around


class TooLarge(Exception):
    """A message over the limit: too much was returned or passed."""


def send_frame(fd, message):
    data = encode_json(message).encode("ascii")
    if len(data) > LIMIT:
        raise TooLarge()
    data = len(data).to_bytes(4, "little") + data
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view):]


def recv_frame(fd):
    """The next message; None at the end of the stream."""
    data = os.read(fd, 65536)
    if len(data) < 4:
        if not data:
            return None
        data = read_exactly(fd, data, 4)
    size = int.from_bytes(data[:4], "little")
    if size > LIMIT:
        raise ProtocolError("a message over the limit")
    if len(data) < 4 + size:
        data = read_exactly(fd, data, 4 + size)
    elif len(data) > 4 + size:
        raise ProtocolError("two messages at once")
    try:
        message, end = scan_json(data[4:].decode("ascii"), 0)
    except StopIteration:
        raise ProtocolError("not JSON")
    return message


def read_exactly(fd, data, size):
    parts, have = [data], len(data)
    while have < size:
        data = os.read(fd, min(1 << 20, size - have))
        if not data:
            raise ProtocolError("a message cut short")
        parts.append(data)
        have += len(data)
    return b"".join(parts)


class Peer:
    """One end. judging is true in the process that runs the checks."""

    def __init__(self, fd, judging, shared, user_module, output, lost):
        self.fd = fd
        self.judging = judging
        self.output = output    # the Sinks (stdout, stderr) whose text goes along with answers
        self.lost = lost        # called with a reason when the conversation is over; does not return
        self.lock = _thread.RLock()
        self.codec = Codec(0 if judging else 1, shared, user_module, self.stand_in)
        self.where = {}         # id of an exception that came from the other side -> its origin there
        self.calls = 0

    def stand_in(self, handle, kind, name, ops):
        return remote.stand_in(self, handle, kind, name, ops)

    def recv(self):
        try:
            message = recv_frame(self.fd)
        except (ProtocolError, ValueError, RecursionError, MemoryError, OSError) as e:
            self.lost("protocol: %s" % e)
        if message is None:
            self.lost("gone")
        if type(message) is not dict:
            self.lost("protocol: not a message")
        return message

    def request(self, op, handle, args, kwargs=None):
        """Ask the other side; returns what it answers or raises what it raised."""
        with self.lock:
            self.calls += 1
            enc = Encoder(self.codec)
            message = {"q": op, "h": handle, "a": [enc.ref(v) for v in args]}
            if kwargs:
                message["k"] = {k: enc.ref(v) for k, v in kwargs.items()}
            names = self.globals()
            if names:
                message["g"] = {k: enc.ref(v) for k, v in names.items()}
            message["n"] = enc.finish(self.codec.recent())
            self.send(message)
            while True:
                message = self.recv()
                if "q" not in message:
                    break
                self.answer(message)
            if "big" in message:
                self.lost("output")
            try:
                self.take(message)
                if "x" in message:
                    exc = decode.value(self.codec, message["x"])
                    if not isinstance(exc, BaseException):
                        raise ProtocolError("only exceptions are raised")
                    self.where[id(exc)] = (exc, message.get("w"))
                else:
                    return decode.value(self.codec, message.get("r"))
            except Exception as e:
                self.lost("protocol: %s: %s" % (type(e).__name__, e))
            raise exc

    def take(self, message):
        """Decode what a message carries; the names of globals among it are set."""
        received = decode.unpack(self.codec, message.get("n", ()))
        for sink, key in zip(self.output, "oe"):
            if key in message:
                sink(str(message[key]))
        self.set_globals({k: decode.value(self.codec, v) for k, v in message.get("g", {}).items()})
        return received

    def answer(self, message):
        """Serve one request of the other side."""
        try:
            received = self.take(message)
            args = [decode.value(self.codec, a) for a in message["a"]]
            kwargs = {k: decode.value(self.codec, a) for k, a in message.get("k", {}).items()}
            handle, op = message["h"], message["q"]
        except Exception as e:
            self.lost("protocol: %s: %s" % (type(e).__name__, e))
        where = None
        try:
            key, result = "r", self.serve(op, handle, args, kwargs)
        except BaseException as e:
            key, result = "x", e
            where = self.origin(e)
            e.__traceback__ = None
        self.received = received
        self.reply(key, result, where)

    def reply(self, key, result, where):
        """Send an answer, and what changed among the objects that the request brought."""
        enc = Encoder(self.codec)
        try:
            out = {key: enc.ref(result)}
            for h in self.received:
                enc.ref(self.codec.objects[h])
            names = self.globals()
            if names:
                out["g"] = {k: enc.ref(v) for k, v in names.items()}
            out["n"] = enc.finish(self.codec.recent())
            if where:
                out["w"] = where
            self.printed(out)
            self.send(out)
        except TooLarge:
            self.send({"x": None, "n": [], "big": 1})

    def send(self, message):
        try:
            send_frame(self.fd, message)
        except OSError:
            self.lost("gone")

    def globals(self):
        """The globals to send along with each message: name -> value."""
        return {}

    def set_globals(self, values):
        """Take the globals that came along with a message."""

    def printed(self, message):
        """Put along what was printed since the last message (the candidate's side does)."""

    def origin(self, exc):
        """Where an exception was raised, as plain data (the candidate's side does)."""

    def serve(self, op, handle, args, kwargs):
        """Do what the other side asks with an object of this side."""
        codec = self.codec
        kind = codec.exported.get(handle)
        if kind is None or not self.may(kind, op, args):
            raise AttributeError("not open to the other process: %s" % op)
        obj = codec.objects[handle]
        if op == "call":
            return obj(*args, **kwargs)
        if op == "next":
            return next(obj)
        if op == "send":
            return obj.send(args[0])
        if op == "throw":
            return obj.throw(args[0])
        if op == "close":
            return obj.close()
        if op == "await":
            return run_coroutine(obj)
        if op == "get":
            return getattr(obj, args[0])
        if op == "set":
            return setattr(obj, args[0], args[1])
        return getattr(type(obj), args[0])(obj, *args[1:])

    def may(self, kind, op, args):
        """Whether an object exported as kind may be asked op: names that lead on are closed."""
        if op == "call":
            return kind in ("call", "object")
        if op in ("next", "send", "throw", "close"):
            return kind in ("generator", "iterator")
        if op == "await":
            return kind in ("coroutine", "object")
        if kind != "object" and (self.judging or kind != "call"):
            return False
        name = args[0] if args else None
        if type(name) is not str:
            return False
        if op == "op":
            return name in remote.OPS
        return op in ("get", "set") and not name.startswith("_") and name not in remote.CLOSED


def run_coroutine(coro):
    """Run an awaitable to its end, also where a loop is already running in this thread."""
    import asyncio

    async def whole():
        return await coro
    running = asyncio._get_running_loop()
    task = running and asyncio.current_task(running)
    if task:
        asyncio._leave_task(running, task)  # from 3.14 on a thread has one current task, not one per loop
    asyncio._set_running_loop(None)
    try:
        return asyncio.run(whole())
    finally:
        asyncio._set_running_loop(running)
        if task:
            asyncio._enter_task(running, task)


def rehearse(times=20):
    """Hold a conversation with oneself, so that children find this code warm.

    Since 3.11 the interpreter rewrites code as it runs for the first times; in a child each
    such write would copy a page.
    """
    import _socket
    ends = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    asks, answers = (Peer(end.fileno(), judging, {"f"}, lambda name: False, (), None)
                     for end, judging in zip(ends, (True, False)))
    answers.codec.objects[0], answers.codec.exported[0] = (lambda *args: args), "object"
    for i in range(times):
        enc = Encoder(asks.codec)
        args = [enc.ref(v) for v in (i, "a", [i, 2.5], (i, "b"), {"k": [i]})]
        asks.send({"q": "call", "h": 0, "a": args, "n": enc.finish(asks.codec.recent())})
        answers.answer(answers.recv())
        reply = asks.recv()
        asks.take(reply)
        decode.value(asks.codec, reply["r"])
    for end in ends:
        end.close()
