"""Stand-ins for objects that stay in the other process.

Only answers cross: calling, iterating, reading an attribute. What would hand the other
side a value to judge is left out on purpose. Comparison and arithmetic between a
stand-in and a value of the checks are not offered (`f(x) == 5` is False and
`f(x) - 3.5` a TypeError, as for any object that does not define them): otherwise an
object of the candidate's could equal whatever it is compared with.
"""
import types

# Special methods that a stand-in passes on; the value sent along is an index or a key at most.
OPS = ("__len__", "__iter__", "__next__", "__getitem__", "__setitem__", "__delitem__", "__enter__", "__exit__", "__bool__",
       "__str__", "__repr__", "__int__", "__float__", "__aiter__", "__anext__", "__aenter__", "__aexit__")
# Names through which one object reaches the rest of a process.
CLOSED = frozenset(["gi_frame", "gi_code", "cr_frame", "cr_code", "ag_frame", "ag_code", "tb_frame", "f_back",
                    "f_globals", "f_locals", "f_builtins", "with_traceback", "mro"])


def abilities(v):
    """(kind, special methods) of an object that is to stay: what the other side may do with it."""
    if isinstance(v, types.GeneratorType):
        return "generator", []
    if isinstance(v, types.CoroutineType):
        return "coroutine", []
    t = type(v)
    if isinstance(v, (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)) \
            or t.__name__ in ("_lru_cache_wrapper", "partial", "method_descriptor", "itemgetter", "attrgetter"):
        return "call", []
    if hasattr(t, "__next__") and t.__module__ in ("builtins", "itertools"):
        return "iterator", []
    ops = [op for op in OPS if getattr(t, op, None) is not getattr(object, op, None)]
    return ("call" if callable(v) and not ops else "object"), ops + (["__call__"] if callable(v) else [])


class Stand:
    """What all stand-ins share."""

    __slots__ = ("_peer", "_handle", "_name", "__weakref__")

    def __init__(self, peer, handle, name):
        object.__setattr__(self, "_peer", peer)
        object.__setattr__(self, "_handle", handle)
        object.__setattr__(self, "_name", name)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        value = self._peer.request("get", self._handle, [name])
        if isinstance(value, Callable):
            object.__setattr__(value, "_method", True)
        return value

    def __setattr__(self, name, value):
        self._peer.request("set", self._handle, [name, value])

    def __repr__(self):
        return "<%s object>" % self._name


class Callable(Stand):
    """A function or method of the other side."""

    __slots__ = ("_method",)

    def __call__(self, *args, **kwargs):
        result = self._peer.request("call", self._handle, args, kwargs)
        if self._peer.judging and getattr(self, "_method", False) and (args or kwargs) and type(result) is bool:
            # f(x).equals(expected): the candidate's own object would be judging itself.
            raise TypeError("an object of the candidate's own class cannot judge values: %s" % self._name)
        return result

    def __repr__(self):
        return "<function>"


class Iterator(Stand):
    __slots__ = ()

    def __iter__(self):
        return self

    def __next__(self):
        return self._peer.request("next", self._handle, [])


async def coroutine(peer, handle):
    """A real coroutine; when awaited it runs the one of the other side to its end there."""
    return peer.request("await", handle, [])


def generator(peer, handle):
    """A real generator that draws from one of the other side."""
    def draw():
        op, args = "next", []
        while True:
            try:
                value = peer.request(op, handle, args)
            except StopIteration as e:
                return e.value
            try:
                sent = yield value
                op, args = ("next", []) if sent is None else ("send", [sent])
            except GeneratorExit:
                peer.request("close", handle, [])
                raise
            except BaseException as e:
                op, args = "throw", [e]
    return draw()


def _passing(op):
    def method(self, *args):
        return self._peer.request("op", self._handle, [op] + list(args))
    return method


def _exit(self, kind, exc, trace):
    swallow = self._peer.request("op", self._handle, ["__exit__", None, exc, None])
    # A context manager of the candidate's must not swallow a failed assert.
    return bool(swallow) and not (self._peer.judging and isinstance(exc, AssertionError))


def _call(self, *args, **kwargs):
    return self._peer.request("call", self._handle, args, kwargs)


CLASSES = {}


def stand_in(peer, handle, kind, name, ops):
    """The stand-in for an object of the other side."""
    if kind == "call":
        return Callable(peer, handle, name)
    if kind == "iterator":
        return Iterator(peer, handle, name)
    if kind == "generator":
        return generator(peer, handle)
    if kind == "coroutine":
        return coroutine(peer, handle)
    key = (name, tuple(ops))
    if key not in CLASSES:
        methods = {op: _passing(op) for op in ops if op in OPS}
        if "__exit__" in ops:
            methods["__exit__"] = _exit
        if "__call__" in ops:
            methods["__call__"] = _call
        methods["__slots__"] = ()
        CLASSES[key] = type(str(name), (Stand,), methods)
    return CLASSES[key](peer, handle, name)
