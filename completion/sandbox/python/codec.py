"""Values as type-exact plain data, without pickle.

A message between the candidate's process and the judging process is JSON: a list of
nodes and, in it, references. A scalar (None, bool, str, float, small int) is written as
itself; everything else is a node `[handle, tag, ...]` and is referred to as `[handle]`.

Handles last for the whole run and both sides keep the object behind each, so identity
survives: a list that was passed, changed in place and returned is the very list of the
caller. A mutable object's contents travel with every message that reaches it; an
immutable one's only once. What neither side can rebuild as data stays where it is and
travels as a "remote" node, which the other side makes a proxy of.

The judging side decodes only into classes that it has itself: built-in ones, a fixed
table of the standard library's, and those of the user's own modules. A class of the
candidate never gets there, so nothing in the judging process compares, hashes or prints
by code the candidate wrote.
"""
import sys

BIG = 1 << 62
SYNCED = 4096  # objects whose contents are remembered; a forgotten one is sent again
SCALARS = frozenset([type(None), bool, int, float, str])
# Packages whose objects can claim to equal anything: never rebuilt from the candidate's word.
JUDGES = frozenset(["unittest", "mock", "pytest", "_pytest", "doctest", "dirty_equals", "hamcrest",
                    "testfixtures", "hypothesis", "sure", "expects", "nose", "callee"])
SAFE_BUILTINS = frozenset("""abs all any ascii bin bool bytearray bytes callable chr complex dict divmod
    enumerate filter float format frozenset hash hex id int isinstance issubclass iter len list map max
    min next object oct ord pow print range repr reversed round set slice sorted str sum tuple type zip
    NoneType ellipsis""".split())


class ProtocolError(Exception):
    """The other side sent what no honest side sends."""


class Unsplittable(Exception):
    """A value of the checks cannot be taken to another process."""


def _std():
    """The standard library's values: class name -> (class, parts of a value, value of parts)."""
    table = {"slice": (slice, lambda v: [v.start, v.stop, v.step], slice),
             "range": (range, lambda v: [v.start, v.stop, v.step], range),
             "complex": (complex, lambda v: [v.real, v.imag], complex)}
    mod = sys.modules.get
    if mod("decimal"):
        table["Decimal"] = (mod("decimal").Decimal, lambda v: [str(v)], mod("decimal").Decimal)
    if mod("fractions"):
        table["Fraction"] = (mod("fractions").Fraction, lambda v: [v.numerator, v.denominator],
                             mod("fractions").Fraction)
    if mod("datetime"):
        dt = mod("datetime")
        table["date"] = (dt.date, lambda v: [v.year, v.month, v.day], dt.date)
        table["timedelta"] = (dt.timedelta, lambda v: [v.days, v.seconds, v.microseconds], dt.timedelta)
        table["timezone"] = (dt.timezone, lambda v: list(v.__getinitargs__()), dt.timezone)
        table["time"] = (dt.time, lambda v: [v.hour, v.minute, v.second, v.microsecond, v.tzinfo, v.fold],
                         lambda a, b, c, d, z, f: dt.time(a, b, c, d, z, fold=f))
        table["datetime"] = (
            dt.datetime,
            lambda v: [v.year, v.month, v.day, v.hour, v.minute, v.second, v.microsecond, v.tzinfo, v.fold],
            lambda y, m, d, a, b, c, u, z, f: dt.datetime(y, m, d, a, b, c, u, z, fold=f))
    if mod("zoneinfo"):
        table["ZoneInfo"] = (mod("zoneinfo").ZoneInfo, lambda v: [v.key], mod("zoneinfo").ZoneInfo)
    if mod("uuid"):
        table["UUID"] = (mod("uuid").UUID, lambda v: [str(v)], mod("uuid").UUID)
    if mod("re"):
        re = mod("re")
        table["Pattern"] = (re.Pattern, lambda v: [v.pattern, v.flags], re.compile)
    if mod("pathlib"):
        for name in ("PosixPath", "PurePosixPath", "PureWindowsPath"):
            cls = getattr(mod("pathlib"), name)
            table[name] = (cls, lambda v: [str(v)], cls)
    if mod("ipaddress"):
        for name in ("IPv4Address", "IPv6Address", "IPv4Network", "IPv6Network"):
            cls = getattr(mod("ipaddress"), name)
            table[name] = (cls, lambda v: [str(v)], cls)
    return table


STD_HOMES = {"Decimal": "decimal", "Fraction": "fractions", "date": "datetime", "timedelta": "datetime",
             "timezone": "datetime", "time": "datetime", "datetime": "datetime", "ZoneInfo": "zoneinfo",
             "UUID": "uuid", "Pattern": "re", "PosixPath": "pathlib", "PurePosixPath": "pathlib",
             "PureWindowsPath": "pathlib", "IPv4Address": "ipaddress", "IPv6Address": "ipaddress",
             "IPv4Network": "ipaddress", "IPv6Network": "ipaddress"}

VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}
MUTABLE = frozenset(["list", "dict", "set", "bytearray", "deque", "inst", "array", "nd", "space"])
IMMUTABLE_BASES = (str, bytes, int, float, complex, tuple, frozenset)


def same(a, b):
    """Whether two nodes are alike, types of their scalars included (1, 1.0 and True differ)."""
    if len(a) != len(b) or a != b:
        return False
    for x, y in zip(a, b):
        if type(x) is not type(y) or (type(x) is list and not same(x, y)):
            return False
    return True


def plain(values):
    """Whether all of values are scalars that JSON carries as they are."""
    kinds = set(map(type, values))
    if not kinds <= SCALARS:
        return False
    if int in kinds:
        for v in values:
            if type(v) is int and not -BIG < v < BIG:
                return False
    return True


def slots_of(cls):
    """The names of all slots of a class and its bases."""
    names = []
    for c in cls.__mro__:
        slots = c.__dict__.get("__slots__", ())
        for name in ([slots] if isinstance(slots, str) else slots):
            if name not in ("__dict__", "__weakref__"):
                if name.startswith("__") and not name.endswith("__"):
                    name = "_%s%s" % (c.__name__.lstrip("_"), name)
                names.append(name)
    return names


def find(module, qualname):
    """The object of that name in a module already imported, or None."""
    obj = sys.modules.get(module)
    for part in qualname.split("."):
        obj = getattr(obj, part, None)
    return obj


class Codec:
    """One side's table of handles, and what it may rebuild.

    side is 0 for the judging process and 1 for the candidate's; user_modules are the names of
    modules both sides imported from the user's prelude, shared the names in `__main__` that both
    sides have.
    """

    def __init__(self, side, shared, user_module, proxy):
        self.side = side
        self.judging = side == 0
        self.shared = shared            # names in __main__ known to both sides
        self.user_module = user_module  # module name -> whether its classes are the user's
        self.proxy = proxy              # (handle, kind, name, ops) -> stand-in for a remote object
        self.handles = {}               # id(object) -> handle
        self.objects = {}               # handle -> object, kept alive
        self.exported = {}              # handle -> "call", "iter" or "obj": what the other side may do
        self.free = 2 + side
        self.synced = {}                # handle -> node as last sent or received, of mutable objects
        self.live = False               # whether either side holds a stand-in: then objects can change unasked
        self.sets = False               # whether a set was sent or received
        self.users = False              # whether a value of the user's own classes was
        self.classes = {}
        self.std = _std()
        self.std_of = {row[0]: name for name, row in self.std.items()}

    def learn(self, handle, obj):
        self.objects[handle] = obj
        self.handles[id(obj)] = handle

    def load_std(self, name):
        row = self.std.get(name)
        if row is None:
            if name not in STD_HOMES:
                raise ProtocolError("no such value: %r" % (name,))
            __import__(STD_HOMES[name])
            self.refresh()
            row = self.std[name]
        return row

    def refresh(self):
        self.std = _std()
        self.std_of = {row[0]: name for name, row in self.std.items()}

    def named(self, obj):
        """(module, qualname) under which the other side has the very same class or function."""
        module, name = getattr(obj, "__module__", None), getattr(obj, "__qualname__", None)
        if module is None and getattr(obj, "__self__", None) is not None:
            module = getattr(obj.__self__, "__name__", None)
        if not isinstance(module, str) or not isinstance(name, str) or "<" in name:
            return None
        if find(module, name) is not obj:
            return None
        return (module, name) if self.known(module, name) else None

    def known(self, module, name):
        """Whether a name of a module means the same thing on both sides."""
        if module == "__main__":
            return name.split(".")[0] in self.shared
        if module == "builtins":
            return name in SAFE_BUILTINS or isinstance(find(module, name), type)
        if self.user_module(module):
            return True
        return self.judging and module.split(".")[0] not in JUDGES

    def instance_of(self, cls):
        """The class's name if its instances can be rebuilt from their attributes, else None."""
        if cls not in self.classes:
            name = None
            if cls.__flags__ & (1 << 9) and (cls.__module__ == "__main__" or self.user_module(cls.__module__)):
                name = self.named(cls)
                for base in cls.__mro__:
                    if not base.__flags__ & (1 << 9) and base not in REBUILT:
                        name = None
            self.classes[cls] = name
        return self.classes[cls]

    def sync(self, handle, node):
        """Note what both sides know an object to hold."""
        if len(self.synced) >= SYNCED and handle not in self.synced:
            del self.synced[next(iter(self.synced))]
        self.synced[handle] = node

    def recent(self):
        """Small objects that both sides have, the latest ones: what a closure may have changed."""
        handles = list(self.synced)[-64:] if self.live else ()
        return [self.objects[h] for h in handles if len(self.synced[h][-1]) <= 256]


def _rebuilt():
    from collections import OrderedDict, defaultdict, deque
    return {object, list, dict, set, bytearray, OrderedDict, defaultdict, deque} | set(IMMUTABLE_BASES)


REBUILT = _rebuilt()


class Encoder:
    """Builds the nodes of one message."""

    def __init__(self, codec):
        self.codec = codec
        self.nodes = []
        self.todo = []
        self.seen = set()

    def ref(self, v):
        t = type(v)
        if t is str or t is float or t is bool or v is None or (t is int and -BIG < v < BIG):
            return v
        codec = self.codec
        h = codec.handles.get(id(v))
        new = h is None
        if new:
            h = codec.free
            codec.free += 2
            codec.learn(h, v)
        if h not in self.seen:
            self.seen.add(h)
            emit = EMIT.get(t) or Encoder.other
            emit(self, h, v, new)
        return [h]

    def refs(self, values):
        values = list(values)
        return values if plain(values) else [self.ref(v) for v in values]

    def finish(self, also=()):
        """The nodes, after the contents of every mutable object that was reached or is in also."""
        for v in also:
            self.ref(v)
        while self.todo:
            h, v, emit = self.todo.pop()
            node = emit(self, h, v)
            old = self.codec.synced.get(h)
            if old is None or not same(old, node):
                self.nodes.append(node)
                self.codec.sync(h, node)
        return self.nodes

    # Each emitter below takes (handle, value, whether the other side does not know it yet).

    def later(emit):
        return lambda self, h, v, new: self.todo.append((h, v, emit))

    def _list(self, h, v):
        return [h, "list", self.refs(v)]

    def _dict(self, h, v, kind=None):
        return [h, "dict", kind, self.refs(dict.keys(v)), self.refs(dict.values(v))]

    def _odict(self, h, v):
        return self._dict(h, v, ["OrderedDict"])

    def _counter(self, h, v):
        return self._dict(h, v, ["Counter"])

    def _ddict(self, h, v):
        return self._dict(h, v, ["defaultdict", self.ref(v.default_factory)])

    def _set(self, h, v):
        self.codec.sets = True
        return [h, "set", self.refs(v)]

    def _deque(self, h, v):
        return [h, "deque", v.maxlen, self.refs(v)]

    def _bytearray(self, h, v):
        return [h, "bytearray", v.decode("latin-1")]

    def _array(self, h, v):
        return [h, "array", v.typecode, v.tobytes().decode("latin-1")]

    def _space(self, h, v):
        return [h, "space", list(vars(v)), self.refs(vars(v).values())]

    def _tuple(self, h, v, new):
        refs = self.refs(v)
        if new:
            self.nodes.append([h, "tuple", refs])

    def _frozenset(self, h, v, new):
        self.codec.sets = True
        refs = self.refs(v)
        if new:
            self.nodes.append([h, "frozenset", refs])

    def _bytes(self, h, v, new):
        if new:
            self.nodes.append([h, "bytes", v.decode("latin-1")])

    def _int(self, h, v, new):
        if new:
            self.nodes.append([h, "int", hex(v)])

    def _constant(self, h, v, new):
        if new:
            self.nodes.append([h, "constant", repr(v)])

    def _view(self, h, v, new):
        kind = VIEWS[type(v)]
        if new:
            data = dict(v) if kind == "items" else dict.fromkeys(v) if kind == "keys" else dict(enumerate(v))
            self.nodes.append([h, "view", kind, self.refs(data.keys()), self.refs(data.values())])

    def _reference(self, h, v, new):
        if not new:
            return
        name = self.codec.named(v)
        if name is None:
            self.remote(h, v)
        else:
            self.codec.exported[h] = "call"
            self.nodes.append([h, "name", name[0], name[1]])

    def _module(self, h, v, new):
        if not new:
            return
        if self.codec.judging and v.__name__ != "__main__":
            self.nodes.append([h, "module", v.__name__])
        else:
            self.remote(h, v)

    def _instance(self, h, v):
        cls = type(v)
        module, name = self.codec.instance_of(cls)
        self.codec.users = True
        names, values = [], []
        attrs = getattr(v, "__dict__", None)
        if type(attrs) is dict:
            names.extend(attrs)
            values.extend(attrs.values())
        for slot in slots_of(cls):
            try:
                values.append(object.__getattribute__(v, slot))
                names.append(slot)
            except AttributeError:
                pass
        return [h, "inst", module, name, self.base(v), names, self.refs(values)]

    def base(self, v):
        """What an instance holds as a list, dict, str, ... beside its attributes; None if nothing."""
        from collections import deque
        t = type(v)
        if issubclass(t, list):
            return ["list", self.refs(list.__iter__(v))]
        if issubclass(t, dict):
            return ["dict", self.refs(dict.keys(v)), self.refs(dict.values(v))]
        if issubclass(t, set):
            return ["set", self.refs(set.__iter__(v))]
        if issubclass(t, deque):
            return ["deque", self.refs(deque.__iter__(v))]
        if issubclass(t, bytearray):
            return ["bytearray", bytearray.decode(v, "latin-1")]
        return None

    def other(self, h, v, new):
        """A value whose type is not in the table: by its class, or left where it is."""
        t = type(v)
        codec = self.codec
        name = codec.std_of.get(t)
        if name is None and getattr(t, "__name__", None) in STD_HOMES and t.__name__ not in codec.std:
            codec.refresh()
            name = codec.std_of.get(t)
        if name is not None:
            refs = self.refs(codec.std[name][1](v))
            if new:
                self.nodes.append([h, "std", name, refs])
        elif issubclass(t, BaseException):
            if new:
                self.exception(h, v)
        elif t.__module__.split(".")[0] in ("numpy", "pandas"):
            self.table(h, v, new)
        elif self.enum(h, v, new):
            pass
        elif issubclass(t, type) or t.__name__ in ("ufunc",):
            self._reference(h, v, new)
        elif codec.instance_of(t) is not None:
            self.instance(h, v, new)
        elif new:
            self.subclass(h, v) or self.remote(h, v)

    def enum(self, h, v, new):
        enum = sys.modules.get("enum")
        if enum is None or not issubclass(type(v), enum.Enum):
            return False
        if new:
            name = self.codec.named(type(v))
            if name is None or v.name is None:
                self.remote(h, v)
            else:
                self.nodes.append([h, "enum", name[0], name[1], v.name])
        return True

    def instance(self, h, v, new):
        if issubclass(type(v), IMMUTABLE_BASES):
            refs = self.refs([v_plain(v)])
            module, name = self.codec.instance_of(type(v))
            if new:
                self.nodes.append([h, "sub", module, name, refs[0]])
            if not getattr(v, "__dict__", None):
                return
        self.todo.append((h, v, Encoder._instance))

    def subclass(self, h, v):
        """An instance of a class that only this side has, derived from a built-in value class.

        The judging side gets the value with a clean class of that name: data, no methods.
        """
        if self.codec.judging or not issubclass(type(v), IMMUTABLE_BASES):
            return False
        fields = getattr(type(v), "_fields", None)
        if not (isinstance(fields, tuple) and all(type(f) is str for f in fields)):
            fields = None
        self.nodes.append([h, "clean", type(v).__name__, self.ref(v_plain(v)), list(fields) if fields else None])
        return True

    def exception(self, h, v):
        names = []
        for c in type(v).__mro__:
            names.append([c.__module__, c.__qualname__])
            if c is Exception or c is BaseException:
                break
        args = list(v.args)
        if issubclass(type(v), OSError) and v.filename is not None and len(args) == 2:
            args.append(v.filename)
        attrs = {k: a for k, a in getattr(v, "__dict__", {}).items() if type(k) is str}
        try:
            text = str(v)
        except Exception:
            text = ""
        self.nodes.append([h, "exc", names, self.refs(args), list(attrs), self.refs(attrs.values()), text])

    def table(self, h, v, new):
        from _greenfill import tables
        if not tables.encode(self, h, v, new) and new:
            if self.codec.judging and not callable(v):
                raise Unsplittable("a %s.%s cannot be taken to another process"
                                   % (type(v).__module__, type(v).__name__))
            self._reference(h, v, True)

    def remote(self, h, v):
        from _greenfill import remote
        kind, ops = remote.abilities(v)
        self.codec.exported[h] = kind
        self.codec.live = True
        self.nodes.append([h, "remote", kind, type(v).__name__, ops])


def v_plain(v):
    """The built-in value of an instance of a subclass of it."""
    for base in IMMUTABLE_BASES:
        if issubclass(type(v), base):
            if base is int:
                return int.__add__(v, 0)
            if base is float:
                return float.__add__(v, 0.0) if v == v else float("nan")
            if base is complex:
                return complex(v.real, v.imag)
            if base is str:
                return str.__str__(v) if type(v) is str else str.__getitem__(v, slice(None))
            if base is bytes:
                return bytes.__getitem__(v, slice(None))
            return base(base.__iter__(v))
    raise TypeError(type(v))


def _emitters():
    import types
    from collections import Counter, OrderedDict, defaultdict, deque
    later = Encoder.later
    table = {list: later(Encoder._list), dict: later(Encoder._dict), set: later(Encoder._set),
             OrderedDict: later(Encoder._odict), Counter: later(Encoder._counter),
             defaultdict: later(Encoder._ddict), deque: later(Encoder._deque),
             bytearray: later(Encoder._bytearray), types.SimpleNamespace: later(Encoder._space),
             tuple: Encoder._tuple, frozenset: Encoder._frozenset, bytes: Encoder._bytes, int: Encoder._int,
             type(Ellipsis): Encoder._constant, type(NotImplemented): Encoder._constant,
             type: Encoder._reference, types.FunctionType: Encoder._reference,
             types.BuiltinFunctionType: Encoder._reference, types.ModuleType: Encoder._module}
    for view in VIEWS:
        table[view] = Encoder._view
    return table


EMIT = _emitters()
