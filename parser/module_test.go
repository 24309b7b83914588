package parser

import (
	"strings"
	"testing"
)

func TestModuleFiles(t *testing.T) {
	roots := []string{"/w/pkg", "/w", "/w/src"}
	for _, c := range []struct{ file, module, want string }{
		{"/w/pkg/m.py", "a.b", "/w/pkg/a/b/__init__.py /w/pkg/a/b.py /w/pkg/a/b/__init__.pyi /w/pkg/a/b.pyi " +
			"/w/a/b/__init__.py /w/a/b.py /w/a/b/__init__.pyi /w/a/b.pyi " +
			"/w/src/a/b/__init__.py /w/src/a/b.py /w/src/a/b/__init__.pyi /w/src/a/b.pyi"},
		{"/w/pkg/m.py", ".near", "/w/pkg/near/__init__.py /w/pkg/near.py /w/pkg/near/__init__.pyi /w/pkg/near.pyi"},
		{"/w/pkg/m.py", ".", "/w/pkg/__init__.py /w/pkg/__init__.pyi"},
		{"/w/pkg/sub/m.py", "..near.by", "/w/pkg/near/by/__init__.py /w/pkg/near/by.py /w/pkg/near/by/__init__.pyi /w/pkg/near/by.pyi"},
		{"/w/pkg/m.py", "..", "/w/__init__.py /w/__init__.pyi"},
		{"/w/m.py", ".....x", ""}, // above everything
		{"m.py", "..x", ""},       // above what is known
		{"/w/pkg/m.py", "os", ""}, // Python's own
		{"/w/pkg/m.py", "os.x", ""},
		{"/w/pkg/m.py", "", ""},
		{"/w/pkg/m.py", "a..b", ""},
		{"/w/pkg/m.py", "a/../../b", ""},
		{"/w/pkg/m.py", ".1x", ""},
	} {
		if got := strings.Join(ModuleFiles(c.file, roots, c.module), " "); got != c.want {
			t.Errorf("ModuleFiles(%q, %q) = %s, want %s", c.file, c.module, got, c.want)
		}
	}
	if got := strings.Join([]string{Submodule("a.b", "c"), Submodule("..", "c"), Submodule(".a", "c")}, " "); got != "a.b.c ..c .a.c" {
		t.Errorf("submodules %s", got)
	}
}

// TestImportsOfCells: what the cell before imports may be used in this one.
func TestImportsOfCells(t *testing.T) {
	f := Parse([]byte("def f(x):\n    pass\n\nassert f(1) == geo.area(2)\n"))
	f = f.WithCells([]TestFile{{"cell 1", Parse([]byte("%ls\nimport geo\ngeo.used()\n"))}}, nil)
	s := f.Specs()[0]
	list := s.ImportStatements()
	if len(list) != 1 || list[0].Path != "cell 1" || list[0].Text != "import geo" {
		t.Errorf("imports %+v", list)
	}
	if m := s.Mentions("geo"); m["area"] != MentionSpec || m["used"] != MentionFile || len(m) != 2 {
		t.Errorf("members %v", m)
	}
}

// FuzzDefinitions: any bytes give definitions whose names stand where they are said to, and
// no module's name leads out of the roots.
func FuzzDefinitions(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed))
	}
	f.Add([]byte("class A(B):\n  \"\"\"Doc\n\n  \"\"\"\n  x: int = 1\n\n  @property\n  def y(self): return 1\n  def __init__(self, a,\n    b): pass\nK = 'x' # c\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		for _, d := range Definitions(src) {
			if d.Name == "" {
				t.Errorf("%+v has no name", d)
			}
			if d.Stub == "" {
				continue
			}
			if got := d.As(d.Name); got != d.Stub {
				t.Errorf("%+v under its own name is %q", d, got)
			}
		}
		list := importsOf(newPart(src, ""), &stmt{start: 0, end: len(src), word: "from"})
		for _, i := range list {
			for _, path := range ModuleFiles("/r/p/m.py", []string{"/r"}, i.Module) {
				if !strings.HasPrefix(path, "/") || strings.Contains(path, "..") {
					t.Errorf("%q leads to %q", i.Module, path)
				}
			}
		}
		for _, s := range Parse(src).Specs() {
			for _, statement := range s.ImportStatements() {
				for _, i := range statement.Imports {
					s.Mentions(i.Module)
				}
			}
		}
	})
}
