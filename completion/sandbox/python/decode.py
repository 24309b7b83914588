"""The other half of codec: nodes become objects.

Mutable objects come first as empty shells, then the immutable ones in the order they were
sent (children before parents), then the shells are filled; so cycles need no recursion.
"""
import sys

from _greenfill import codec as c
from _greenfill.codec import MUTABLE, ProtocolError, find, slots_of


def value(codec, ref):
    """The object a reference stands for."""
    if type(ref) is not list:
        return ref
    try:
        return codec.objects[ref[0]]
    except (KeyError, IndexError, TypeError):
        raise ProtocolError("no such handle")


def values(codec, refs):
    if list not in set(map(type, refs)):
        return list(refs)
    return [value(codec, r) for r in refs]


def unpack(codec, nodes):
    """Rebuild or update the objects of a message; returns the handles of the mutable ones."""
    fill = []
    for node in nodes:
        h, tag = node[0], node[1]
        if type(h) is not int:
            raise ProtocolError("a handle must be a number")
        if tag in MUTABLE:
            if h not in codec.objects:
                fresh(codec, h)
                shell = SHELLS[tag](codec, node)
                if shell is not None:
                    codec.learn(h, shell)
            fill.append(node)
    received = [node[0] for node in fill]
    if len(fill) < len(nodes):
        for node in nodes:
            if node[1] not in MUTABLE:
                if node[1] in ("frozenset", "view"):
                    fill_instances(codec, fill)
                immutable(codec, node)
    fill_instances(codec, fill)
    for node in fill:
        FILL[node[1]](codec, codec.objects[node[0]], node)
    for node in nodes:
        if node[1] in MUTABLE:
            codec.sync(node[0], node)
    return received


def fresh(codec, h):
    """A handle not seen before must be one the other side may give."""
    if h % 2 == codec.side:
        raise ProtocolError("a handle of this side that it never gave")


def immutable(codec, node):
    h, tag = node[0], node[1]
    if h in codec.objects:
        raise ProtocolError("an immutable value sent twice")
    fresh(codec, h)
    try:
        build = BUILD[tag]
    except (KeyError, TypeError):
        raise ProtocolError("no such kind of value")
    codec.learn(h, build(codec, node))


def fill_instances(codec, fill):
    """Give instances their attributes: a set that holds them needs their hash."""
    rest = []
    for node in fill:
        if node[1] != "inst" or not ready(codec, node[6]):
            rest.append(node)
        else:
            fill_inst(codec, codec.objects[node[0]], node)
    fill[:] = rest


def ready(codec, refs):
    return all(type(r) is not list or (r and r[0] in codec.objects) for r in refs)


# Mutable: shells.

def shell_dict(codec, node):
    import collections
    kind = node[2]
    if kind is None:
        return {}
    if kind[0] == "defaultdict":
        return collections.defaultdict()
    if kind[0] not in ("OrderedDict", "Counter"):
        raise ProtocolError("no such dict")
    return getattr(collections, kind[0])()


def shell_deque(codec, node):
    import collections
    return collections.deque(maxlen=node[2])


def shell_array(codec, node):
    import array
    return array.array(node[2])


def shell_space(codec, node):
    import types
    return types.SimpleNamespace()


def shell_inst(codec, node):
    if node[0] in codec.objects:
        return None
    cls = user_class(codec, node[2], node[3])
    for base in cls.__mro__:
        if base in BASES:
            return base.__new__(cls)
    return object.__new__(cls)


def user_class(codec, module, name):
    if type(module) is not str or type(name) is not str:
        raise ProtocolError("a class needs a name")
    codec.users = True
    if module != "__main__" and codec.judging and not codec.user_module(module):
        raise ProtocolError("not a class of the user's: %s.%s" % (module, name))
    if not codec.judging and module not in sys.modules:
        __import__(module)
    cls = find(module, name) if codec.known(module, name) else None
    if not isinstance(cls, type):
        raise ProtocolError("no such class: %s.%s" % (module, name))
    return cls


def shell_nd(codec, node):
    from _greenfill import tables
    return tables.decode(codec, node)


BASES = {list: "list", dict: "dict", set: "set", bytearray: "bytearray"}
SHELLS = {"list": lambda codec, node: [], "dict": shell_dict, "set": lambda codec, node: set(),
          "bytearray": lambda codec, node: bytearray(), "deque": shell_deque, "array": shell_array,
          "space": shell_space, "inst": shell_inst, "nd": shell_nd}


# Mutable: contents. An object may be filled only by a node of its own kind.

def expect(obj, *types):
    if type(obj) not in types:
        raise ProtocolError("contents of another type")


def fill_list(codec, obj, node):
    expect(obj, list)
    obj[:] = values(codec, node[2])


def fill_dict(codec, obj, node):
    import collections
    expect(obj, dict, collections.OrderedDict, collections.Counter, collections.defaultdict)
    if type(obj) is collections.defaultdict:
        obj.default_factory = value(codec, node[2][1])
    new = list(zip(values(codec, node[3]), values(codec, node[4])))
    dict.clear(obj) if type(obj) is not collections.OrderedDict else obj.clear()
    for k, v in new:
        obj[k] = v


def fill_set(codec, obj, node):
    expect(obj, set)
    codec.sets = True
    new = values(codec, node[2])
    obj.clear()
    obj.update(new)


def fill_bytearray(codec, obj, node):
    expect(obj, bytearray)
    obj[:] = node[2].encode("latin-1")


def fill_deque(codec, obj, node):
    import collections
    expect(obj, collections.deque)
    new = values(codec, node[3])
    obj.clear()
    obj.extend(new)


def fill_array(codec, obj, node):
    import array
    expect(obj, array.array)
    obj[:] = array.array(node[2], node[3].encode("latin-1"))


def fill_space(codec, obj, node):
    import types
    expect(obj, types.SimpleNamespace)
    vars(obj).clear()
    vars(obj).update(zip(node[2], values(codec, node[3])))


def fill_inst(codec, obj, node):
    import collections
    cls = user_class(codec, node[2], node[3])
    expect(obj, cls)
    base = node[4]
    if base is not None:
        kind = base[0]
        if kind == "list" and isinstance(obj, list):
            list.__setitem__(obj, slice(None), values(codec, base[1]))
        elif kind == "dict" and isinstance(obj, dict):
            new = list(zip(values(codec, base[1]), values(codec, base[2])))
            if isinstance(obj, collections.OrderedDict):
                collections.OrderedDict.clear(obj)
                for k, v in new:
                    collections.OrderedDict.__setitem__(obj, k, v)
            else:
                dict.clear(obj)
                dict.update(obj, new)
        elif kind == "set" and isinstance(obj, set):
            set.clear(obj)
            set.update(obj, values(codec, base[1]))
        elif kind == "deque" and isinstance(obj, collections.deque):
            collections.deque.clear(obj)
            collections.deque.extend(obj, values(codec, base[1]))
        elif kind == "bytearray" and isinstance(obj, bytearray):
            bytearray.__setitem__(obj, slice(None), base[1].encode("latin-1"))
        else:
            raise ProtocolError("contents of another type")
    slots = slots_of(cls)
    attrs = getattr(obj, "__dict__", None)
    if attrs is not None:
        attrs.clear()
    given = set()
    for name, v in zip(node[5], values(codec, node[6])):
        if name in slots:
            object.__setattr__(obj, name, v)
            given.add(name)
        elif attrs is not None:
            attrs[name] = v
    for name in slots:
        if name not in given:
            try:
                object.__delattr__(obj, name)
            except AttributeError:
                pass


def fill_nd(codec, obj, node):
    from _greenfill import tables
    tables.fill(codec, obj, node)


FILL = {"list": fill_list, "dict": fill_dict, "set": fill_set, "bytearray": fill_bytearray,
        "deque": fill_deque, "array": fill_array, "space": fill_space, "inst": fill_inst, "nd": fill_nd}


# Immutable.

def build_frozenset(codec, node):
    codec.sets = True
    return frozenset(values(codec, node[2]))


def build_view(codec, node):
    data = dict(zip(values(codec, node[3]), values(codec, node[4])))
    return {"keys": data.keys, "values": data.values, "items": data.items}[node[2]]()


def build_std(codec, node):
    return codec.load_std(node[2])[2](*values(codec, node[3]))


def build_name(codec, node):
    """A class or function by name; on the judging side a stand-in where the name proves nothing."""
    h, _, module, name = node
    if not codec.judging and module not in sys.modules:
        __import__(module)
    obj = find(module, name) if not codec.judging or codec.known(module, name) else None
    if obj is None:
        return codec.proxy(h, "call", "function", [])
    return obj


def build_module(codec, node):
    if codec.judging:
        raise ProtocolError("a module from the candidate")
    __import__(node[2])
    return sys.modules[node[2]]


def build_enum(codec, node):
    cls = find(node[2], node[3]) if codec.known(node[2], node[3]) else None
    enum = sys.modules.get("enum")
    if enum is None or not (isinstance(cls, type) and issubclass(cls, enum.Enum)):
        raise ProtocolError("no such enumeration")
    if node[4] in cls.__members__:
        return cls.__members__[node[4]]
    raise ProtocolError("no such member")


def build_sub(codec, node):
    cls = user_class(codec, node[2], node[3])
    plain = value(codec, node[4])
    if not issubclass(cls, type(plain)):
        raise ProtocolError("contents of another type")
    return type(plain).__new__(cls, plain)


def build_clean(codec, node):
    """A value of a class that the candidate made: its built-in part, under a class of that name."""
    plain = value(codec, node[3])
    if node[4]:
        import collections
        return collections.namedtuple(node[2], node[4])._make(plain)
    return type(plain).__new__(type(node[2], (type(plain),), {}), plain)


def build_exc(codec, node):
    names, args = node[2], values(codec, node[3])
    cls, exact = Exception, False
    for i, (module, name) in enumerate(names):
        found = exception_class(codec, module, name)
        if found is not None:
            cls, exact = found, i == 0
            break
    if not exact:
        text = node[6]
        name = names[0][1].split(".")[-1]
        cls = type(name, (cls,), {"__module__": "__main__", "__str__": lambda self: text})
    try:
        exc = cls(*args) if cls.__module__ == "builtins" else cls.__new__(cls, *args)
    except Exception:
        exc = Exception.__new__(cls) if issubclass(cls, Exception) else BaseException.__new__(cls)
    if not isinstance(exc, OSError):
        exc.args = tuple(args)
    try:
        exc.__dict__.update(zip(node[4], values(codec, node[5])))
    except AttributeError:
        pass
    return exc


def exception_class(codec, module, name):
    if type(module) is not str or type(name) is not str:
        return None
    cls = find(module, name)
    if not isinstance(cls, type) or not issubclass(cls, BaseException):
        return None
    codec.users = codec.users or module != "builtins"
    if module == "__main__":
        return cls if name.split(".")[0] in codec.shared else None
    if module.split(".")[0] in c.JUDGES:
        return None
    if module != "builtins" and not issubclass(cls, Exception):
        return None
    return cls


def build_remote(codec, node):
    codec.live = True
    return codec.proxy(node[0], node[2], node[3], node[4])


def build_constant(codec, node):
    return {"Ellipsis": Ellipsis, "NotImplemented": NotImplemented}[node[2]]


def build_frame(codec, node):
    from _greenfill import tables
    return tables.decode_frame(codec, node)


def build_scalar(codec, node):
    from _greenfill import tables
    return tables.scalar(codec, node)


BUILD = {"tuple": lambda codec, node: tuple(values(codec, node[2])), "frozenset": build_frozenset,
         "bytes": lambda codec, node: node[2].encode("latin-1"), "int": lambda codec, node: int(node[2], 16),
         "constant": build_constant, "view": build_view, "std": build_std, "name": build_name,
         "module": build_module, "enum": build_enum, "sub": build_sub, "clean": build_clean,
         "exc": build_exc, "remote": build_remote, "scalar": build_scalar,
         "frame": build_frame}
