"""A warm interpreter: runs the prelude once, then forks a confined child per run.

The process was confined by the launcher before it began. A child is confined further:
it dies with its parent, keeps only the descriptors it was given, has limits of time and
memory, and a system call filter under which it can neither fork, execute, signal others,
open sockets nor write files. The zygote reaps its children itself, so that a process
number it is asked to kill is never somebody else's.
"""
import _signal
import _socket
import ctypes
import gc
import io
import os
import resource
import select
import struct
import sys
import types
from _frozen_importlib import ModuleSpec
from ast import PyCF_ONLY_AST

from _greenfill.peer import recv_frame, rehearse, send_frame
from _greenfill.place import Own, Top, imports_of, look_through, moved

CONTROL = 3
NOFILE = 64     # descriptors a process may have
ERRORS = 63     # where an interpreter that cannot go on says why; children do not have it
libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP = 1, 4, 22
SIGKILL = 9


class Sink(io.StringIO):
    """Standard output or error: kept as text, ended when it grows too large."""

    encoding = "utf-8"
    errors = "backslashreplace"
    limit = 1 << 20
    total = 0

    def write(self, text):
        n = io.StringIO.write(self, text)
        Sink.total += n
        if Sink.total > Sink.limit:
            os.kill(os.getpid(), _signal.SIGXFSZ)
        return n

    def reconfigure(self, **options):
        pass

    @property
    def buffer(self):
        return Raw(self)

    def drain(self):
        text = self.getvalue()
        if text:
            self.seek(0)
            self.truncate()
        return text


class Raw(io.RawIOBase):
    """The bytes side of a Sink."""

    def __init__(self, sink):
        self.sink = sink

    def writable(self):
        return True

    def write(self, data):
        self.sink.write(bytes(data).decode("utf-8", "backslashreplace"))
        return len(data)


class Module:
    """The user's program as `__main__`: its namespace, compiler flags and file name.

    It is imported by no name, and yet a part of the package that its file lies in.
    """

    def __init__(self, config):
        self.file = config["file"]
        self.main = types.ModuleType("__main__")
        self.ns = self.main.__dict__
        self.ns["__file__"] = config["place"]["file"] or self.file
        self.ns["__builtins__"] = __import__("builtins")
        self.package = config["place"]["package"]
        if self.package:
            name = config["place"]["module"]
            self.ns["__package__"] = self.package
            self.ns["__spec__"] = ModuleSpec(name, None, origin=self.ns["__file__"], is_package=name == self.package)
        self.dir = config["dir"]
        self.flags = 0
        sys.modules["__main__"] = self.main
        USER_MODULES["__main__"] = False  # its file is not what runs

    def compile(self, text, line, mode="exec", place=None):
        """Compile source whose first line is the given one of the user's file, or of one at another place."""
        source = "\n" * (line - 1) + text
        if place is not None:
            tree = compile(source, self.file, mode, self.flags | PyCF_ONLY_AST, True)
            source = moved(tree, place)
        code = compile(source, self.file, mode, self.flags, True)
        self.flags |= code.co_flags & FUTURES
        self.first, self.text = line, text
        return code

    def source_line(self, line):
        """A line of what was compiled last, "" where it has none such."""
        lines = self.text.splitlines()
        return lines[line - self.first].strip()[:200] if 0 <= line - self.first < len(lines) else ""

    def user_module(self, name):
        """Whether a module is the user's own: it lies in the workspace, outside site-packages."""
        known = USER_MODULES.get(name)
        if known is None:
            # Not getattr: the stand-ins of lazy imports import on any access.
            file = getattr(sys.modules.get(name), "__dict__", {}).get("__file__")
            known = self.holds(file)
            if sys.modules.get(name) is not None:
                USER_MODULES[name] = known
        return known

    def holds(self, file):
        """Whether a file is the user's own."""
        return bool(self.dir) and isinstance(file, str) and file.startswith(self.dir + "/") and "/site-packages/" not in file \
            and not file.startswith(tuple({sys.prefix + "/", sys.base_prefix + "/"}))

    def imported_files(self):
        """The files of the user's modules that are loaded."""
        return [sys.modules[name].__file__ for name in list(sys.modules) if self.user_module(name)]


USER_MODULES = {}
FUTURES = 0


def futures():
    import __future__
    flags = 0
    for name in __future__.all_feature_names:
        flags |= getattr(__future__, name).compiler_flag
    return flags


class Failed(Exception):
    """The prelude or a check failed before any candidate: what to tell."""


def run_prelude(module, config, fragments):
    """Execute the statements, and import the package if the function itself will need it."""
    for f in fragments:
        run_fragment(module, f["text"], f["line"], f["place"])
    unit = config["unit"]
    line = module.package and imports_of(unit["text"], module.package.split(".")[0])
    if line:
        run_fragment(module, "import %s as _greenfill_package; del _greenfill_package" % module.package, unit["line"] + line - 1)


def run_fragment(module, text, line, place=None):
    """Execute one module-level statement of the prelude; Failed says where it went wrong."""
    try:
        exec(module.compile(text, line, place=place), module.ns)
    except BaseException as e:
        at = getattr(e, "lineno", None) if isinstance(e, SyntaxError) else None
        tb = e.__traceback__
        while tb is not None:
            if tb.tb_frame.f_code.co_filename == module.file:
                at = tb.tb_lineno
            tb = tb.tb_next
        raise Failed({"line": at or line, "type": type(e).__name__, "message": told(module, e)})


def told(module, exc, importing=False):
    """What an exception says, and where in another file of the workspace it was raised: "no (pkg/mod.py, line 3)".

    importing asks for the place only of what a file raised while it was imported.
    """
    at, tb = None, exc.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        if module.holds(code.co_filename) and not (importing and code.co_name != "<module>"):
            at = (code.co_filename, tb.tb_lineno)
        tb = tb.tb_next
    message = first_line(exc)
    if isinstance(exc, SyntaxError) and module.holds(exc.filename):
        message, at = exc.msg, (exc.filename, exc.lineno or 1)
    if at is None:
        return message
    return ("%s (%s, line %d)" % (message, at[0][len(module.dir) + 1:], at[1])).strip()


def first_line(exc, limit=300):
    try:
        lines = str(exc).strip().splitlines()
    except Exception:
        lines = []
    return lines[0][:limit] if lines else ""


def address_space():
    """Bytes of address space in use, found by asking which limit is the first that suffices."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    probe = libc.mmap
    probe.restype = ctypes.c_void_p
    probe.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    free = libc.munmap
    free.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    low, high = 0, 1 << 42 if hard < 0 else hard
    step = 1 << 20
    while high - low > step:
        middle = (low + high) // 2
        fits = False
        try:
            resource.setrlimit(resource.RLIMIT_AS, (middle, hard))
            at = probe(None, 4096, 0, 0x22, -1, 0)
            if at is not None and at != ctypes.c_void_p(-1).value:
                free(at, 4096)
                fits = True
        except MemoryError:
            pass
        if fits:
            high = middle
        else:
            low = middle
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    return high


class Zygote:
    """The loop: requests of the server in, children out, and how each ended."""

    def __init__(self, machine):
        self.machine = machine
        self.filter = filter_buffer(machine["filter"])
        mark = struct.pack("<I", machine["mark"])  # stands for the child's own process number
        self.marks = [i for i in range(0, len(self.filter), 4) if self.filter[i:i + 4] == mark]
        self.timers = machine["timers"]  # numbers of the calls timer_create and timer_settime
        self.timer = (ctypes.c_int * 1)()
        self.hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        self.module = None
        self.begin()

    def begin(self):
        """Become a zygote: this process's own children, and the control socket on descriptor 3."""
        self.me = os.getpid()
        self.running = {}   # process number -> run
        self.memory = None  # limit of address space in force
        self.control = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, CONTROL)

    def ready(self, **facts):
        """Everything shared by all children is in place; facts are told to the server."""
        self.facts = dict(facts, files=self.module.imported_files() if self.module else [])
        self.base = address_space()
        gc.collect()
        gc.freeze()
        self.wake, wake = os.pipe()  # a byte comes for each signal, so that none is missed
        os.set_blocking(self.wake, False)
        os.set_blocking(wake, False)
        _signal.signal(_signal.SIGCHLD, lambda *_: None)
        _signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        _signal.signal(_signal.SIGXFSZ, _signal.SIG_DFL)

    def loop(self):
        """Serve the server; returns (request, descriptors) in each child, never in the zygote."""
        poll = select.poll()
        poll.register(CONTROL, select.POLLIN)
        poll.register(self.wake, select.POLLIN)
        send_frame(CONTROL, dict(self.facts, event="ready"))
        while True:
            ready = [fd for fd, _ in poll.poll()]
            if self.wake in ready:
                os.read(self.wake, 4096)
                self.reap()
            if CONTROL not in ready:
                continue
            request, fds = self.receive()
            if request is None:
                os._exit(0)
            if "kill" in request:
                self.kill(request["kill"])
                continue
            self.prepare(request)
            pid = os.fork()
            if pid == 0:
                return request, fds
            self.running[pid] = request["run"]
            for fd in fds:
                os.close(fd)

    def prepare(self, request):
        """Do before the fork what a child need not do: what is written here is not copied there."""
        limits = request["limits"]
        cpu, memory = limits["cpu"], limits["memory"]
        self.when = struct.pack("qqqq", 0, 0, int(cpu), int(cpu % 1 * 1e9))
        if memory and memory != self.memory:
            self.memory = memory
            resource.setrlimit(resource.RLIMIT_AS, (self.base + memory, self.hard))

    def receive(self):
        data, ancillary, _, _ = self.control.recvmsg(4, _socket.CMSG_SPACE(12))
        if not data:
            return None, []
        fds = []
        for level, kind, body in ancillary:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                fds = list(struct.unpack("%di" % (len(body) // 4), body[:len(body) // 4 * 4]))
        while len(data) < 4:
            data += os.read(CONTROL, 4 - len(data))
        size = int.from_bytes(data, "little")
        parts = []
        while size:
            part = os.read(CONTROL, min(size, 1 << 20))
            if not part:
                return None, []
            parts.append(part)
            size -= len(part)
        return loads(b"".join(parts).decode("ascii")), fds

    def kill(self, run):
        for pid, which in self.running.items():
            if which == run:
                os.kill(pid, SIGKILL)

    def reap(self):
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            run = self.running.pop(pid, None)
            if run is not None:
                send_frame(CONTROL, {"event": "ended", "run": run, "status": status, "peak": usage.ru_maxrss,
                                     "cpu": usage.ru_utime + usage.ru_stime})

    def part(self, fds):
        """In a child: end with the parent, keep no descriptor but fds, which become 3, 4, ..."""
        libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        if os.getppid() != self.me:
            os._exit(0)
        _signal.set_wakeup_fd(-1)
        for i, fd in enumerate(fds):  # they came in rising order, above 3
            os.dup2(fd, 3 + i, False)
        os.closerange(3 + len(fds), NOFILE)

    def confine(self, request, fds):
        """Make this child what its run allows, for good.

        The memory limit is the zygote's. The processor time ends in a kill by a timer, which
        counts exactly; a child cannot undo it, having no calls for timers under its filter.
        """
        self.part(fds)
        create, set_time = self.timers
        if libc.syscall(create, 2, KILL_EVENT, self.timer) != 0 \
                or libc.syscall(set_time, self.timer[0], 0, self.when, None) != 0:
            os._exit(UNCONFINED)
        for at in self.marks:
            struct.pack_into("<I", self.filter, at, os.getpid())
        load_filter(self.filter)
        Sink.limit = request["limits"]["output"]


KILL_EVENT = struct.pack("Pii48x", 0, SIGKILL, 0)  # a struct sigevent
UNCONFINED = 125


def loads(text):
    import json
    return json.loads(text)


def filter_buffer(text):
    program = bytes.fromhex(text)
    return ctypes.create_string_buffer(program, len(program))


def load_filter(buffer):
    """Filter this process's system calls from now on; without that nothing may go on."""
    program = struct.pack("HxxxxxxP", len(buffer) // 8, ctypes.addressof(buffer))
    if libc.prctl(PR_SET_SECCOMP, 2, program, 0, 0) != 0:
        os._exit(UNCONFINED)


def main(machine):
    """The first interpreter on a machine: it forks one zygote per spec.

    machine is what all specs of a workspace share. In a child the spec arrives on its own
    control socket and says which role to take.
    """
    global FUTURES
    FUTURES = futures()
    load_filter(filter_buffer(machine["seal"]))  # no more execve
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    sys.argv[:] = [machine["file"]]
    sys.dont_write_bytecode = True
    os.dup2(2, ERRORS)
    os.dup2(0, 1)  # descriptor 0 is /dev/null, open for reading and writing
    os.dup2(0, 2)
    sys.stdout, sys.stderr = Sink(), Sink()
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    sys.path[:] = [p for p in sys.path if p]
    quiet_imports()
    rehearse()
    z = Zygote(machine)
    z.ready()
    _, fds = z.loop()
    z.part(fds + [ERRORS])
    os.dup2(4, ERRORS)
    os.close(4)
    z.control.detach()
    z.begin()
    spec = recv_frame(CONTROL)
    spec["dir"], spec["file"] = machine["dir"], machine["file"]
    z.module = Module(spec)
    look_through(spec["folders"] or [], spec["dir"])
    top = Top(spec["top"], spec["dir"]) if spec["top"] else None
    if spec["place"]["file"]:
        sys.meta_path[:0] = [Own(spec["place"]["file"], spec["place"]["module"], top)]
    if top:
        sys.meta_path.append(top)
    try:
        sys.modules["_greenfill." + spec["role"]].main(z, spec)
    except BaseException:
        import traceback
        os.write(ERRORS, traceback.format_exc().encode("utf-8", "replace"))
        os._exit(1)


def quiet_imports():
    """Set up site-packages and load common modules without their fork hooks, then seed random.

    The hooks run Python code in every child: random would seed itself anew, threading and
    logging make new locks, which a process of one thread that holds none can do without.
    The interpreter was started with -S, because .pth files may import such modules.
    """
    register, os.register_at_fork = os.register_at_fork, lambda **hooks: None
    try:
        import site
        site.main()
        import logging  # noqa: F401
        import random
        import threading  # noqa: F401
    finally:
        os.register_at_fork = register
    random.seed(0)


def split_prelude(config, name):
    """(before, after): the statements to run at once, and those behind the hole that need it."""
    before, after = [], []
    for fragment in config["prelude"]:
        late = fragment["line"] > config["line"] > 0 and name in fragment["text"]
        (after if late else before).append(fragment)
    return before, after
