"""numpy and pandas values as data: type, shape and raw bytes; objects element by element."""
import re
import sys

from _greenfill.codec import ProtocolError

DTYPE = re.compile(r"[<>|=]?[biufcSUmM]\d+(\[\d*[a-zA-Z]+\])?\Z")
LIMIT = 1 << 28


def encode(enc, h, v, new):
    """Add the node of a numpy or pandas value; False if it is none of the known ones."""
    np = sys.modules.get("numpy")
    if np is not None:
        if type(v) is np.ndarray:
            if v.dtype.kind == "O" or DTYPE.match(v.dtype.str):
                enc.todo.append((h, v, array))
                return True
        elif isinstance(v, np.generic) and DTYPE.match(v.dtype.str):
            if new:
                enc.nodes.append([h, "scalar", v.dtype.str, v.tobytes().decode("latin-1")])
            return True
        elif isinstance(v, np.dtype) and DTYPE.match(v.str):
            if new:
                enc.nodes.append([h, "scalar", "dtype", v.str])
            return True
    pd = sys.modules.get("pandas")
    if pd is not None and frame(pd, v) is not None:
        if new:
            enc.nodes.append([h, "frame"] + frame_parts(pd, enc, v))
        return True
    return False


def array(enc, h, v):
    if v.dtype.kind == "O":
        return [h, "nd", "O", list(v.shape), enc.refs(v.ravel().tolist())]
    return [h, "nd", v.dtype.str, list(v.shape), v.tobytes().decode("latin-1")]


def frame(pd, v):
    for kind in ("DataFrame", "Series", "Index", "Timestamp", "Timedelta"):
        if isinstance(v, getattr(pd, kind)):
            return kind
    return None


def frame_parts(pd, enc, v):
    """Columns as lists of Python objects with the name of their type."""
    kind = frame(pd, v)
    if kind == "DataFrame":
        columns = [v.iloc[:, i] for i in range(v.shape[1])]
        return [kind, column_parts(pd, enc, v.index), column_parts(pd, enc, v.columns),
                [[str(s.dtype), enc.refs(objects(pd, s))] for s in columns]]
    if kind == "Series":
        return [kind, column_parts(pd, enc, v.index), str(v.dtype), enc.refs(objects(pd, v)), enc.ref(v.name)]
    if kind == "Index":
        return [kind] + column_parts(pd, enc, v)
    return [kind, v.isoformat()]


def column_parts(pd, enc, index):
    if isinstance(index, pd.RangeIndex):
        return ["range", [index.start, index.stop, index.step], [enc.ref(index.name)]]
    if isinstance(index, pd.MultiIndex):
        return ["multi", enc.refs(list(index)), enc.refs(list(index.names))]
    return [str(index.dtype), enc.refs(objects(pd, index)), [enc.ref(index.name)]]


def objects(pd, column):
    """A column's elements as plain Python objects; times as text, missing values as None."""
    if str(column.dtype).startswith(("datetime64", "timedelta64")):
        return [None if pd.isna(x) else x.isoformat() for x in column]
    return [None if x is pd.NA or x is pd.NaT else x for x in column.tolist()]


def decode_frame(codec, node):
    """The DataFrame, Series, Index or time of a node: a copy, whose changes stay on this side."""
    import pandas as pd
    kind = node[2]
    if kind == "DataFrame":
        index, columns = column(codec, pd, node[3]), column(codec, pd, node[4])
        series = [pd.Series(elements(codec, refs), dtype=dtype(pd, name)) for name, refs in node[5]]
        frame = pd.concat(series, axis=1) if series else pd.DataFrame(index=range(len(index)))
        frame.index, frame.columns = index, columns
        return frame
    if kind == "Series":
        series = pd.Series(elements(codec, node[5]), dtype=dtype(pd, node[4]), name=value(codec, node[6]))
        series.index = column(codec, pd, node[3])
        return series
    if kind == "Index":
        return column(codec, pd, node[3:])
    if kind not in ("Timestamp", "Timedelta"):
        raise ProtocolError("no such table")
    return getattr(pd, kind)(node[3])


def column(codec, pd, parts):
    kind = parts[0]
    if kind == "range":
        return pd.RangeIndex(*parts[1], name=value(codec, parts[2][0]))
    if kind == "multi":
        return pd.MultiIndex.from_tuples(elements(codec, parts[1]), names=elements(codec, parts[2]))
    return pd.Index(elements(codec, parts[1]), dtype=dtype(pd, kind), name=value(codec, parts[2][0]))


def elements(codec, refs):
    return [value(codec, r) for r in refs]


def value(codec, ref):
    from _greenfill import decode
    return decode.value(codec, ref)


def dtype(pd, name):
    """A column's type by name; only a plain name, which can build nothing else."""
    if not re.match(r"[A-Za-z][\w]*(\[[\w, ]+\])?\Z", name):
        raise ProtocolError("no such type")
    return name


def decode(codec, node):
    """The array of a node, still empty."""
    kind = node[2]
    import numpy as np
    shape = node[3]
    size = 1
    for n in shape:
        size *= n
    if kind == "O":
        return np.empty(shape, dtype=object)
    if not DTYPE.match(kind) or size > LIMIT:
        raise ProtocolError("no such array")
    return np.empty(shape, dtype=kind)


def fill(codec, obj, node):
    from _greenfill import decode as d
    import numpy as np
    if type(obj) is not np.ndarray:
        raise ProtocolError("contents of another type")
    if node[2] == "O":
        flat = np.empty(len(node[4]), dtype=object)
        flat[:] = d.values(codec, node[4]) if node[4] else []
        new = flat.reshape(node[3])
    else:
        new = np.frombuffer(node[4].encode("latin-1"), dtype=node[2]).reshape(node[3])
    if obj.shape != new.shape or obj.dtype != new.dtype:
        raise ProtocolError("contents of another type")
    if obj.flags.writeable:
        obj[...] = new


def scalar(codec, node):
    import numpy as np
    if node[2] == "dtype":
        if not DTYPE.match(node[3]):
            raise ProtocolError("no such type")
        return np.dtype(node[3])
    if not DTYPE.match(node[2]):
        raise ProtocolError("no such scalar")
    return np.frombuffer(node[3].encode("latin-1"), dtype=node[2])[0]
