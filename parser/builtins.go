package parser

import "strings"

// builtinNames are the names that Python resolves without any definition.
var builtinNames = wordSet(`
		ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError
		BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError
		ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning
		EnvironmentError Exception ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError
		FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError
		InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
		ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError OSError
		OverflowError PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError
		RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration
		StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True TypeError
		UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError
		UnicodeWarning UserWarning ValueError Warning ZeroDivisionError __debug__ __doc__ __file__
		__import__ __name__ abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr
		classmethod compile complex delattr dict dir divmod enumerate eval exec filter float format
		frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list
		locals long map max memoryview min next object oct open ord pow print property range repr reversed
		round set setattr slice sorted staticmethod str sum super tuple type unicode vars xrange zip exit
		quit`)

// standardModules are the top-level modules of Python's library that importing does
// nothing to see of.
var standardModules = wordSet(`
		__future__ abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile
		calendar cmath cmd code codecs codeop collections colorsys compileall concurrent configparser
		contextlib contextvars copy copyreg csv ctypes dataclasses datetime dbm decimal difflib dis doctest
		email encodings enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools
		gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib
		importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox marshal
		math mimetypes mmap modulefinder multiprocessing netrc ntpath nturl2path numbers opcode operator
		optparse os pathlib pdb pickle pickletools pkgutil platform plistlib poplib posix posixpath pprint
		profile pstats pty pwd py_compile pyclbr pydoc pyexpat queue quopri random re readline reprlib
		resource rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site smtplib
		socket socketserver sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string
		stringprep struct subprocess symtable sys sysconfig syslog tabnanny tarfile tempfile termios
		textwrap threading time timeit token tokenize tomllib trace traceback tracemalloc tty types typing
		unicodedata unittest urllib uuid warnings wave weakref wsgiref xml xmlrpc zipapp zipfile zipimport
		zlib zoneinfo`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}
