"""Values as text for people: repr with bounds on every part."""
import reprlib

from _greenfill.remote import Stand

LIMIT = 500
BITS = 20000  # beyond it an int's digits cost too much to compute


class Short(reprlib.Repr):
    def __init__(self):
        reprlib.Repr.__init__(self)
        self.maxlevel = 8
        self.maxtuple = self.maxlist = self.maxarray = self.maxset = self.maxfrozenset = self.maxdeque = 40
        self.maxdict = 30
        self.maxstring = self.maxlong = self.maxother = 200

    def repr1(self, x, level):
        if issubclass(type(x), Stand):  # whose repr would be the candidate's
            return "<%s object>" % object.__getattribute__(x, "_name")
        return reprlib.Repr.repr1(self, x, level)

    def repr_int(self, x, level):
        if x.bit_length() > BITS:
            return "<int of %d bits>" % x.bit_length()
        return reprlib.Repr.repr_int(self, x, level)

    repr_long = repr_int

    def repr_dict(self, x, level):
        """In the order of the dict, which the sorted order of the base class would hide."""
        if level <= 0:
            return "{...}"
        parts = []
        for i, key in enumerate(x):
            if i == self.maxdict:
                parts.append("...")
                break
            parts.append("%s: %s" % (self.repr1(key, level - 1), self.repr1(x[key], level - 1)))
        return "{%s}" % ", ".join(parts)


SHORT = Short()


def short(value):
    """repr(value), at most LIMIT characters, whatever the value."""
    try:
        text = SHORT.repr(value)
    except Exception as e:
        text = "<%s: repr failed with %s>" % (type(value).__name__, type(e).__name__)
    if len(text) > LIMIT:
        text = text[:LIMIT - 3] + "..."
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def call_text(name, args, kwargs):
    """A call as source with values: f([1, 2], key='a')."""
    parts = [short(a) for a in args] + ["%s=%s" % (k, short(v)) for k, v in kwargs.items()]
    text = "%s(%s)" % (name, ", ".join(parts))
    return text if len(text) <= 2 * LIMIT else text[:2 * LIMIT - 3] + "..."
