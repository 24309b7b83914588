package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// in is a program of the file at path below dir: prelude, function and one check.
func in(dir, path, prelude, function, check string) Program {
	p := Program{Python: os.Getenv("GREENFILL_TEST_PYTHON"), Dir: dir, File: filepath.Join(dir, path), Function: "f",
		Candidate: Fragment{Line: 10, Text: function},
		Unit:      Fragment{Line: 10, Text: "def f(x):\n    ...\n"},
		Checks:    []Check{{Form: FormStatement, Line: 20, Code: check}}}
	if prelude != "" {
		p.Prelude = []Fragment{{Line: 1, Text: prelude}}
	}
	return p
}

// TestPackages: what a file of a package imports is found as pytest would have it, in the
// statements before the function, in its body and in its checks.
func TestPackages(t *testing.T) {
	dir := plant(t, map[string]string{
		"pkg/__init__.py":  "from .slug import slug\nNAME = 'pkg'\n",
		"pkg/slug.py":      "def slug(s):\n    return 'on disk'\n",
		"ring/__init__.py": "from .own import f as whole\n", "ring/own.py": "def f(x):\n    pass\n\nassert f(1) == 2\n", "ring/near.py": "from .own import f\n",
		"pkg/near.py":               "from dataclasses import dataclass\n\n@dataclass\nclass Pair:\n    n: int\n\ndef helper(x):\n    return x + 1\n",
		"pkg/up.py":                 "def above(x):\n    return x * 10\n",
		"pkg/sub/__init__.py":       "",
		"pkg/sub/mod.py":            "from ..up import above\ndef deep(x):\n    return above(x) + 1\n",
		"pkg/sub/data.txt":          "7",
		"src/lib/__init__.py":       "",
		"src/lib/core.py":           "def core(x):\n    return x - 1\n",
		"src/lib/far.py":            "from lib.core import core\n",
		"scripts/beside.py":         "def beside(x):\n    return -x\n",
		"scripts/email.py":          "raise RuntimeError('this is not the library')\n",
		"app/core/token.py":         "raise RuntimeError('this is not the library')\n",
		"app/core/near.py":          "def near(x):\n    return x + 2\n",
		"tests/helpers.py":          "def expected(x):\n    return x + 1\n",
		"tests/unit/__init__.py":    "",
		"tests/unit/common.py":      "def expected(x):\n    return x + 1\n",
		"tests/unit/want.txt":       "2",
		"tests/unit/in/__init__.py": "",
	})
	r := testRunner(t, Options{})
	const plus = "def f(x):\n    return helper(x)\n"
	for name, p := range map[string]Program{
		"beside":              in(dir, "pkg/a.py", "from .near import helper", plus, "assert f(1) == 2"),
		"beside, as a module": in(dir, "pkg/a.py", "from . import near, NAME", "def f(x):\n    return near.helper(x), NAME\n", "assert f(1) == (2, 'pkg')"),
		"above":               in(dir, "pkg/sub/a.py", "from ..up import above", "def f(x):\n    return above(x)\n", "assert f(1) == 10"),
		"by its full name":    in(dir, "pkg/sub/a.py", "import pkg.sub.mod", "def f(x):\n    return pkg.sub.mod.deep(x)\n", "assert f(1) == 11"),
		"in the body":         in(dir, "pkg/sub/a.py", "", "def f(x):\n    from ..near import helper\n    import pkg.sub.mod as m\n    return helper(m.deep(x))\n", "assert f(1) == 12"),
		"in the check":        in(dir, "pkg/a.py", "", "def f(x):\n    return x + 1\n", "from .near import helper\nassert f(1) == helper(1)"),
		"in __init__.py":      in(dir, "pkg/sub/__init__.py", "from .mod import deep\nfrom ..up import above", "def f(x):\n    return deep(x) - above(x)\n", "assert f(1) == 1"),
		"from src":            in(dir, "src/lib/a.py", "from lib.core import core\nfrom .far import core as again", "def f(x):\n    return core(again(x))\n", "assert f(1) == -1"),
		"src from elsewhere":  in(dir, "pkg/a.py", "from lib.core import core", "def f(x):\n    return core(x)\n", "assert f(1) == 0"),
		"a nested folder":     in(dir, "scripts/a.py", "from beside import beside\nfrom pkg.near import helper", "def f(x):\n    return beside(helper(x))\n", "assert f(1) == -2"),
		"the library's own":   in(dir, "scripts/a.py", "import email.message\nfrom beside import beside", "def f(x):\n    return beside(x)\n", "assert f(1) == -1"),
		"without __init__.py": in(dir, "app/core/a.py", "import tokenize, token\nfrom .near import near", "def f(x):\n    return near(x)\n", "assert f(1) == 3"),
		"no file":             in(dir, "", "from pkg.near import helper\nfrom lib.core import core", "def f(x):\n    return core(helper(x))\n", "assert f(1) == 1"),
		"its own place":       in(dir, "pkg/sub/a.py", "import pathlib\nDATA = int((pathlib.Path(__file__).parent / 'data.txt').read_text())", "def f(x):\n    return DATA\n", "assert f(1) == 7"),
		// The module on disk is another one than the text that is run.
		"in a circle":           in(dir, "pkg/slug.py", "from . import slug as theirs, NAME", "def f(x):\n    return theirs('x') if x else NAME\n", "assert f(1) == 'on disk' and f(0) == 'pkg'"),
		"whose asserts fail":    in(dir, "ring/own.py", "import ring\nfrom .near import f as theirs", "def f(x):\n    return 2 if theirs is ring.whole and theirs(x) is None else 0\n", "assert f(1) == 2"),
		"classes on both sides": in(dir, "pkg/a.py", "from .near import Pair", "def f(x):\n    return Pair(x.n + 1)\n", "assert f(Pair(1)) == Pair(2) and type(f(Pair(1))) is Pair"),
	} {
		if v := r.Run(context.Background(), p); v.Status != Passed || v.Weaker != "" {
			t.Errorf("%s: %v, line %d: %s %s %s", name, v.Status, v.Line, v.ErrorType, v.Message, v.Weaker)
		}
	}

	// Statements of tests are of the tests' own place.
	p := in(dir, "pkg/a.py", "from .near import helper", plus, "")
	plain, packed := filepath.Join(dir, "tests/test_a.py"), filepath.Join(dir, "tests/unit/test_a.py")
	p.Prelude = append(p.Prelude, Fragment{Line: 1, Text: "import helpers", File: plain},
		Fragment{Line: 2, Text: "from . import common\nfrom .common import expected\nfrom pathlib import Path", File: packed})
	p.Checks = []Check{
		{Form: FormTest, Line: 4, Test: "test_f", Code: "def test_f():\n    assert f(1) == helpers.expected(1) == expected(1) == common.expected(1)\n", File: plain},
		{Form: FormTest, Line: 8, Test: "test_g", Code: "def test_g():\n    from .common import expected as e\n    assert f(1) == e(1) == int((Path(__file__).parent / 'want.txt').read_text())\n", File: packed},
		{Form: FormTest, Line: 9, Test: "test_h", Code: "def test_h():\n    from ...pkg import NAME\n    assert f(1) == 2\n", File: packed},
	}
	v := r.Run(context.Background(), p)
	if v.Passed != 2 || v.Checks[2].Message != "ImportError: attempted relative import beyond top-level package" || v.Checks[2].Line != 10 {
		t.Errorf("%v, %d passed: %+v", v.Status, v.Passed, v.Checks)
	}
}

// TestPackageOfItsOwn: a workspace that is itself a package has its name, and its folder's
// neighbours stay out of reach; a place outside the workspace gives nothing.
func TestPackageOfItsOwn(t *testing.T) {
	outer := plant(t, map[string]string{
		"other.py": "", "up/__init__.py": "", "up/top/__init__.py": "from .a import one\n", "up/top/a.py": "one = 1\n",
		"up/top/sub/__init__.py": "", "up/above.py": "",
	})
	dir := filepath.Join(outer, "up", "top")
	r := testRunner(t, Options{})
	const one = "def f(x):\n    return one\n"
	for _, file := range []string{"b.py", "sub/b.py"} {
		p := in(dir, file, map[string]string{"b.py": "from .a import one\nimport top.a", "sub/b.py": "from ..a import one\nfrom top import a"}[file], one, "assert f(1) == 1")
		if v := r.Run(context.Background(), p); v.Status != Passed {
			t.Errorf("%s: %v: %s", file, v.Status, v.Message)
		}
	}
	if v := r.Run(context.Background(), in(dir, "__init__.py", "from . import one, a", one, "assert f(1) == 1")); v.Status != Passed {
		t.Errorf("the package itself: %v: %s", v.Status, v.Message)
	}
	for prelude, want := range map[string]string{
		"from ..above import x": "beyond top-level package",
		"import above":          "No module named 'above'",
		"import other":          "No module named 'other'",
		"import up.above":       "No module named 'up'",
	} {
		if v := r.Run(context.Background(), in(dir, "b.py", prelude, one, "assert f(1) == 1")); v.Status != PreludeFailed || !strings.Contains(v.Message, want) {
			t.Errorf("%s: %v: %s", prelude, v.Status, v.Message)
		}
	}
	for _, file := range []string{outer + "/other.py", dir + "/../above.py", "b.py", "Untitled-1"} {
		p := in(dir, "", "import sys\nPATH = [p for p in sys.path if not p.startswith((sys.prefix, sys.base_prefix, '/usr/'))]", "def f(x):\n    return PATH\n", "assert f(1) == ['"+dir+"']")
		p.File = file
		if v := r.Run(context.Background(), p); v.Status != Passed {
			t.Errorf("sys.path for %s is %s", file, v.Actual)
		}
		p = in(dir, "", "from .a import one", one, "assert f(1) == 1")
		p.File = file
		if v := r.Run(context.Background(), p); v.Status != PreludeFailed || !strings.Contains(v.Message, "no known parent package") {
			t.Errorf("%s: %v: %s", file, v.Status, v.Message)
		}
	}
}

// TestPackageThatFails: what a package raises is told with its place, and never held
// against a candidate.
func TestPackageThatFails(t *testing.T) {
	dir := plant(t, map[string]string{
		"bad/__init__.py": "import os\n\nRATE = 1 / 0\n", "bad/near.py": "def helper(x):\n    return x\n", "bad/sub/__init__.py": "",
		"torn/__init__.py": "", "torn/near.py": "x = 1\ndef helper(x:\n",
		"late/__init__.py": "", "late/c.py": "assert 1 == 2\n", "late/near.py": "def helper(x):\n    raise ValueError('no')\n",
		"gone/__init__.py": "import no_such_module_here\n",
		"exit/__init__.py": "import sys\nsys.exit(3)\n",
	})
	r := testRunner(t, Options{})
	const plus = "def f(x):\n    return helper(x)\n"
	begun := in(dir, "bad/a.py", "", "def f(x):\n    from .near import helper\n    return helper(x)\n", "assert f(1) == 1")
	begun.Unit.Text = "def f(x):\n    from .near import helper\n    ...\n"
	for name, test := range map[string]struct {
		p    Program
		line int
		want string
	}{
		"its __init__.py":    {in(dir, "bad/a.py", "import os\nfrom .near import helper", plus, "assert f(1) == 1"), 2, "ZeroDivisionError: division by zero (bad/__init__.py, line 3)"},
		"the one above":      {in(dir, "bad/sub/a.py", "from . import x", plus, "assert f(1) == 1"), 1, "ZeroDivisionError: division by zero (bad/__init__.py, line 3)"},
		"as the body begins": {begun, 11, "ZeroDivisionError: division by zero (bad/__init__.py, line 3)"},
		"a syntax error":     {in(dir, "torn/a.py", "from .near import helper", plus, "assert f(1) == 1"), 1, "(torn/near.py, line 2)"},
		"a call":             {in(dir, "late/a.py", "from .near import helper\nX = helper(1)", plus, "assert f(1) == 1"), 2, "ValueError: no (late/near.py, line 2)"},
		"a missing module":   {in(dir, "gone/a.py", "from . import x", plus, "assert f(1) == 1"), 1, "No module named 'no_such_module_here' (gone/__init__.py, line 1)"},
		"an assert":          {in(dir, "late/a.py", "from .c import x", plus, "assert f(1) == 1"), 1, "AssertionError: (late/c.py, line 1)"},
		"an exit":            {in(dir, "exit/a.py", "from . import x", plus, "assert f(1) == 1"), 1, "SystemExit: 3 (exit/__init__.py, line 2)"},
		"no such name":       {in(dir, "late/a.py", "from .near import nothing", plus, "assert f(1) == 1"), 1, "cannot import name 'nothing'"},
	} {
		v := r.Run(context.Background(), test.p)
		if v.Status != PreludeFailed || v.Line != test.line || !strings.Contains(v.Message, test.want) {
			t.Errorf("%s: %v, line %d: %q", name, v.Status, v.Line, v.Message)
		}
	}
	// What only this body imports is its own fault; a file that imports nothing of its
	// package does not need that to be sound.
	v := r.Run(context.Background(), in(dir, "bad/a.py", "", "def f(x):\n    from .near import helper\n    return helper(x)\n", "assert f(1) == 1"))
	if v.Status != Raised || v.Line != 11 || v.Message != "ZeroDivisionError: division by zero (bad/__init__.py, line 3)" {
		t.Errorf("%v, line %d: %q", v.Status, v.Line, v.Message)
	}
	if v := r.Run(context.Background(), in(dir, "bad/a.py", "", "def f(x):\n    return x\n", "assert f(1) == 1")); v.Status != Passed {
		t.Errorf("%v: %q", v.Status, v.Message)
	}
}

// TestPackagesChange: no interpreter keeps a module of a package that has changed, nor a
// place that a file has no longer.
func TestPackagesChange(t *testing.T) {
	dir := plant(t, map[string]string{"src/pkg/__init__.py": "", "src/pkg/sub/__init__.py": "", "src/pkg/base.py": "N = 1\n",
		"src/pkg/near.py": "from .base import N\ndef n():\n    return N\n"})
	r := testRunner(t, Options{})
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what, path, prelude, call string, status Status) {
		t.Helper()
		for range 2 {
			if v := r.Run(context.Background(), in(dir, path, prelude, "def f(x):\n    return "+call+"\n", "assert f(0) == 1")); v.Status != status {
				t.Errorf("%s: %v: %s %s", what, v.Status, v.Message, v.Actual)
			}
		}
	}
	const near = "from ..near import n"
	want("as written", "src/pkg/sub/a.py", near, "n()", Passed)
	write("src/pkg/base.py", "N = 22\n")
	want("what it imports has changed", "src/pkg/sub/a.py", near, "n()", AssertFailed)
	write("src/pkg/near.py", "def n():\n    return 1\n")
	want("it has changed", "src/pkg/sub/a.py", near, "n()", Passed)
	write("src/pkg/__init__.py", "from . import near\nnear.n = lambda: 333\n")
	want("the package has changed", "src/pkg/sub/a.py", near, "n()", AssertFailed)
	write("src/pkg/__init__.py", "raise OSError('now')\n")
	want("the package fails", "src/pkg/sub/a.py", near, "n()", PreludeFailed)
	write("src/pkg/__init__.py", "")
	want("and no longer", "src/pkg/sub/a.py", near, "n()", Passed)

	// A folder that becomes a package, and one that ceases to be one.
	if err := os.MkdirAll(filepath.Join(dir, "tool"), 0o755); err != nil {
		t.Fatal(err)
	}
	write("tool/a.py", "one = 1\n")
	want("a plain folder", "tool/b.py", "from a import one", "one", Passed)
	write("tool/__init__.py", "one = 1\n")
	want("a package", "tool/b.py", "from a import one", "one", PreludeFailed)
	want("by its name", "tool/b.py", "from . import one", "one", Passed)
	if err := os.Remove(filepath.Join(dir, "tool/__init__.py")); err != nil {
		t.Fatal(err)
	}
	want("a plain folder again", "tool/b.py", "from a import one", "one", Passed)
}

// TestPackagesReadNoMore: a place adds nothing to what a program can read.
func TestPackagesReadNoMore(t *testing.T) {
	outer := plant(t, map[string]string{"secret.txt": "secret", "pkg/__init__.py": "", "pkg/w/__init__.py": "", "pkg/w/a.py": "", "pkg/near.py": "x = 1\n",
		"pkg/w/out": "-> ../../lib", "lib/__init__.py": "", "lib/b.py": "y = 1\n"})
	dir := filepath.Join(outer, "pkg", "w")
	r := testRunner(t, Options{})
	for _, path := range []string{"a.py", "out/b.py", "../near.py"} {
		p := in(dir, path, "import os", "def f(x):\n    for path in ('"+outer+"/secret.txt', '"+outer+"/pkg/near.py', '"+outer+"/lib/b.py', 'out/b.py'):\n"+
			"        try:\n            return open(path).read()\n        except OSError:\n            pass\n    try:\n        return os.listdir('"+outer+"/pkg/..')\n    except OSError:\n        return []\n", "assert not {'lib', 'secret.txt'} & set(f(1))")
		if v := r.Run(context.Background(), p); v.Status != Passed {
			t.Errorf("%s: %v: %s %s", path, v.Status, v.Message, v.Actual)
		}
	}
}
