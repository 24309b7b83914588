package parser

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

var fuzzSeeds = []string{
	"",
	"def f(x):\n    \"\"\"Doc.\n\n    >>> f(2)\n    4\n    \"\"\"\n\nassert f(2) == 4\n# f(3) -> 6\n",
	"class A:\n\tdef f(self): ...\n\n\tdef g(self):\n\t\treturn self.f(\n\ns = A()\ns.f()\nassert s.g()\n",
	"@deco\nasync def f(a, *b, c=1, **d) -> int: pass  # f(1) -> 2\n",
	"if __name__ == '__main__':\n  for x in y:\n    assert f(x)\nelse:\n  pass\ntry:\n",
	"x = f\"{a!r:>{w}} {{}} {f'{b}'}\"; y = '''\n\ndef f():\n\r\n\f\tpass\\\n",
	"\xef\xbb\xbfdef \xc3\xa9(\x00, \xff):\n  '''\n  >>>x\n",
	"from __future__ import annotations\nimport os, re as r\nfrom m import *\nX = [i for i in (1, 2)]\nX.append(r.x)\ndef f(a=X): pass\nassert g(f(1), k=2) == X\n",
	"match x:\n  case [a, *b] | {'k': c}: pass\nprint 'x'\n%magic\n!ls (\n",
	"def f():\n    global x\n\n    ▏\n    # comment\n# other\n",
}

// FuzzParse: any bytes give specs whose spans lie inside, and nothing panics.
func FuzzParse(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed), 10)
	}
	f.Fuzz(func(t *testing.T, src []byte, offset int) {
		file := Parse(src)
		checkSpans(t, "input", file)
		specs := append(file.Specs(), file.Missing()...)
		for _, at := range []int{offset, 0, len(src), len(src) / 2, -1, len(src) + 1} {
			if s := file.SpecAt(at); s != nil {
				specs = append(specs, s)
			}
			file.FunctionAt(at)
		}
		for _, s := range Order(specs) {
			checkSpec(t, "input", file, s)
			body := s.Reindent("return 1")
			s.Fill(src, body)
			s.Filled(body)
			s.PreludeFor(body)
			s.Key()
			for _, p := range s.Problems() {
				if p.Line < 1 || p.Span.Start < 0 || p.Span.End < p.Span.Start || p.Span.End > len(src) {
					t.Errorf("problem %+v lies outside", p)
				}
			}
		}
		file.WithTests("m", TestFile{Path: "t.py", File: Parse(src)}).Specs()
		cells := file.WithCells([]TestFile{{"1", Parse(src)}}, []TestFile{{"3", Parse(src)}})
		cells.Specs()
		for _, s := range cells.OtherCells() {
			if s.Unit.Path == "" || s.Hole.Start < 0 || s.Hole.End < s.Hole.Start || s.Hole.End > len(src) {
				t.Errorf("%s of cell %q has the hole %v", s.Name, s.Unit.Path, s.Hole)
			}
			cells.EditCell(s.Unit.Path, s.Hole.Start, s.Hole.End, s.Replacement("return 1")).Specs()
		}
	})
}

// FuzzEdit: a file that comes of an edit is the one that would be read afresh.
func FuzzEdit(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add([]byte(seed), 3, 9, "x")
		f.Add([]byte(seed), 12, 12, "\n\"\"\"")
	}
	f.Fuzz(func(t *testing.T, src []byte, start, end int, text string) {
		before := Parse(src)
		before.Specs()
		edited := before.Edit(start, end, text)
		afresh := Parse(edited.Source())
		if got, want := dumpAll(edited), dumpAll(afresh); got != want {
			t.Errorf("after the edit:\n%s\nread afresh:\n%s", got, want)
		}
		if string(before.Source()) != string(src) {
			t.Error("the edit changed the file it was made of")
		}
	})
}

func dumpAll(f *File) string {
	c := &fixture{file: f, specs: append(f.Functions(), f.Missing()...)}
	out := dumpSpecs(c)
	for _, s := range c.specs {
		out += s.Key() + "\n"
	}
	return out
}

// FuzzCutBody: the body lies inside the text; Reindent takes any.
func FuzzCutBody(f *testing.F) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Add("x = 1\n    return x\n\ndef g():\n    pass\n")
	f.Add("\n    s = '''\nx\n'''\n    # c\n    return [\n1]\n```\n")
	f.Fuzz(func(t *testing.T, text string) {
		keep, done := CutBody(text)
		if keep < 0 || keep > len(text) {
			t.Fatalf("CutBody(%q) = %d, %v", text, keep, done)
		}
		once := Reindent(text[:keep], "  ", "    ")
		if utf8.ValidString(text) && !utf8.ValidString(once) {
			t.Errorf("Reindent(%q) = %q broke a character", text[:keep], once)
		}
		s := &Spec{Name: "f", Doc: "x", Indent: "\t", Step: "\t", Newline: "\r\n"}
		s.Reindent(text)
	})
}

// TestCutBodyStreams: as a text grows, the body is found at the same place as in the
// whole, and once it is done it stays done.
func TestCutBodyStreams(t *testing.T) {
	text := "    out = []\n    for x in xs:\n        if x:\n            out.append('''\nx\n''')\n\n# aside\n    return [\n        out\n]\n\ndef other():\n    pass\n"
	keep, done := CutBody(text)
	if want := strings.Index(text, "\n\ndef other"); keep != want || !done {
		t.Fatalf("CutBody = %d, %v, want %d", keep, done, want)
	}
	for n := range len(text) {
		k, d := CutBody(text[:n])
		if d != (n > keep+2) || d && k != keep || k > keep {
			t.Errorf("of %d bytes CutBody keeps %d, done %v", n, k, d)
		}
	}
}

// A body and what is kept of it.
var cutCases = []struct{ text, keep string }{
	{"    return 1\nassert f()\n", "    return 1"},
	{"return 1\nassert f()\n", "return 1"},
	{"return 1\n    x = 2\nassert f()\n", "return 1\n    x = 2"},
	{"for x in y:\n        z\n    return z\nassert f()\n", "for x in y:\n        z\n    return z"},
	{"\n    return 1\n\n\nprint()\n", "\n    return 1"},
	{"        return 1\n    def other(self):\n", "        return 1"},
	{"def f(x):\n    return 1\nassert f()\n", "def f(x):\n    return 1"},
	{"@cache\ndef f(x):\n    return 1\nassert f()\n", "@cache\ndef f(x):\n    return 1"},
	{"    def inner():\n        pass\n    return inner\nx = 1\n", "    def inner():\n        pass\n    return inner"},
	{"    async with a:\n        pass\n    b\nx = 1\n", "    async with a:\n        pass\n    b"},
	{"    return 1\n    # note\n# end\n", "    return 1"},
	{"    return 1  # note\nx", "    return 1  # note"},
	{"    x = '''\nassert\n'''\n    y\nz", "    x = '''\nassert\n'''\n    y"},
	{"    x = [\n1,\n]\n    y\nz", "    x = [\n1,\n]\n    y"},
	{"    x = foo(\n    y\n\ndef g():\n", "    x = foo(\n    y"},
	{"    return 1\n```\nThat is it.", "    return 1"},
	{"    return 1\n    ```", "    return 1"},
	{"    x = 1 + \\\n2\n    y\nz", "    x = 1 + \\\n2\n    y"},
	{"\nassert f(1)\n", ""},
	{"# only\n# comments\n", ""},
	{"", ""},
	{"\treturn 1\n\tx\ny", "\treturn 1\n\tx"},
	{"    if x:\n        a\n    else:\n        b\nc", "    if x:\n        a\n    else:\n        b"},
}

func TestCutBody(t *testing.T) {
	for _, c := range cutCases {
		if keep, _ := CutBody(c.text); c.text[:keep] != c.keep {
			t.Errorf("CutBody(%q) keeps %q, want %q", c.text, c.text[:keep], c.keep)
		}
	}
}

// What a sample becomes in a method of a file indented by tabs, or by four blanks.
var reindentCases = []struct{ text, blanks, tabs string }{
	{"return 1", "    return 1", "\t\treturn 1"},
	{"    return 1\n", "    return 1", "\t\treturn 1"},
	{"  if x:\n    y\n  else:\n    z", "    if x:\n        y\n    else:\n        z", "\t\tif x:\n\t\t\ty\n\t\telse:\n\t\t\tz"},
	{"if x:\n        y\n    return z", "    if x:\n        y\n    return z", "\t\tif x:\n\t\t\ty\n\t\treturn z"},
	{"if x:\n    y\n", "    if x:\n        y", "\t\tif x:\n\t\t\ty"},
	{"x = 1\n    y = 2", "    x = 1\n    y = 2", "\t\tx = 1\n\t\ty = 2"},
	{"\tif x:\n\t\ty", "    if x:\n        y", "\t\tif x:\n\t\t\ty"},
	{"    s = '''\n  a\n'''\n    t", "    s = '''\n  a\n'''\n    t", "\t\ts = '''\n  a\n'''\n\t\tt"},
	{"    f(\n        1,\n    )", "    f(\n        1,\n    )", "\t\tf(\n\t\t    1,\n\t\t)"},
	{"    x\n\n    # note\n    y", "    x\n\n    # note\n    y", "\t\tx\n\n\t\t# note\n\t\ty"},
	{"    if x:\n        # in\n        y\n    # out\n    z", "    if x:\n        # in\n        y\n    # out\n    z",
		"\t\tif x:\n\t\t\t# in\n\t\t\ty\n\t\t# out\n\t\tz"},
	{"    x = 1 + \\\n        2", "    x = 1 + \\\n        2", "\t\tx = 1 + \\\n\t\t    2"},
	{"```python\n    return 1\n```", "    return 1", "\t\treturn 1"},
	{"def f(x):\n    \"\"\"Doc.\"\"\"\n    return 1\n\nassert f(1)", "    return 1", "\t\treturn 1"},
	{"    \"\"\"Doc.\"\"\"\n    return 1", "    return 1", "\t\treturn 1"},
	{"def f(x): return 1\n", "    return 1", "\t\treturn 1"},
	{"def helper():\n        pass\n    return helper()", "    def helper():\n        pass\n    return helper()", "\t\tdef helper():\n\t\t\tpass\n\t\treturn helper()"},
	{"\r\n    x\r\n    y\r\n", "    x\n    y", "\t\tx\n\t\ty"},
}

func TestReindent(t *testing.T) {
	blanks := &Spec{Name: "f", Doc: "Doc.", Indent: "    ", Step: "    ", Newline: "\n"}
	tabs := &Spec{Name: "f", Doc: "Doc.", Indent: "\t\t", Step: "\t", Newline: "\n"}
	for _, c := range reindentCases {
		if got := blanks.Reindent(c.text); got != c.blanks {
			t.Errorf("Reindent(%q) = %q, want %q", c.text, got, c.blanks)
		}
		if got := tabs.Reindent(c.text); got != c.tabs {
			t.Errorf("with tabs Reindent(%q) = %q, want %q", c.text, got, c.tabs)
		}
	}
	crlf := &Spec{Name: "f", Indent: "  ", Step: "  ", Newline: "\r\n"}
	if got := crlf.Reindent("if x:\n    y"); got != "  if x:\r\n    y" {
		t.Errorf("with CRLF Reindent gives %q", got)
	}
}

func TestTestFileNames(t *testing.T) {
	for path, want := range map[string]string{
		"a/b/m.py": "[a/b/test_m.py a/b/m_test.py a/b/tests/test_m.py a/b/tests/m_test.py a/b/test/test_m.py a/b/test/m_test.py " +
			"a/tests/test_m.py a/tests/m_test.py a/test/test_m.py a/test/m_test.py a/tests/b/test_m.py a/tests/b/m_test.py " +
			"tests/test_m.py tests/m_test.py tests/b/test_m.py tests/b/m_test.py]",
		"test_m.py": "[]", "m_test.py": "[]", "m.txt": "[]", "conftest.py": "[]",
	} {
		if got := fmt.Sprint(TestFileNames(path)); got != want {
			t.Errorf("TestFileNames(%q) = %s, want %s", path, got, want)
		}
	}
	if got := fmt.Sprint(ConftestNames("a/tests/test_m.py")); got != "[conftest.py a/conftest.py a/tests/conftest.py]" {
		t.Errorf("ConftestNames = %s", got)
	}
	if Module("a/m.py") != "m" || Module("pkg/__init__.py") != "pkg" {
		t.Errorf("Module = %q, %q", Module("a/m.py"), Module("pkg/__init__.py"))
	}
}
