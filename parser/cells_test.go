package parser

import (
	"strings"
	"testing"
)

// TestWithCells: the cells of a notebook share a namespace, in their order, and lines for
// its shell are none of Python's.
func TestWithCells(t *testing.T) {
	cell := func(path, text string) TestFile { return TestFile{path, Parse([]byte(text))} }
	f := Parse([]byte("TAU = 2 * math.pi\n\ndef turn(x):\n    \"\"\"x in turns, by half(x).\"\"\"\n\n"))
	f = f.WithCells([]TestFile{cell("cell 1", "%matplotlib inline\n!ls\nimport math\n\ndef half(x):\n    return x / 2\n")},
		[]TestFile{cell("cell 3", "%%time\nassert turn(TAU) == 1\nassert turn(2 * math.pi) == 1\n")})
	specs := f.Specs()
	if len(specs) != 1 || len(specs[0].Checks) != 2 || specs[0].Checks[1].Path != "cell 3" || specs[0].Checks[1].Line != 3 {
		t.Fatalf("specs %+v", specs)
	}
	var texts []string
	for _, p := range specs[0].Prelude {
		texts = append(texts, strings.TrimSpace(p.Text))
	}
	if got, want := strings.Join(texts, "|"), "import math|def half(x):\n    return x / 2|TAU = 2 * math.pi"; got != want {
		t.Errorf("prelude %q, want %q", got, want)
	}
	if got := f.Edit(0, 0, "# a\n").Specs(); len(got) != 1 || len(got[0].Checks) != 2 {
		t.Errorf("after an edit: %+v", got)
	}
}

// TestUnwrittenInOtherCell: a function that has no body yet, in another cell or in a file
// of tests, is a stub in preludes, as the file's own are; a syntax error there would be in
// the way of every body.
func TestUnwrittenInOtherCell(t *testing.T) {
	f := Parse([]byte("def f(x):\n    pass\n\nassert f(1) == g(1)\n"))
	for _, test := range []struct{ other, want string }{
		{"def g(n):\n", "def g(n):\n    raise NotImplementedError"},
		{"class A:\n  def g(self):\n  def h(self):\n    return 1\n\ng = A().g\n", "class A:\n  def g(self):\n    raise NotImplementedError\n  def h(self):\n    return 1"},
		{"def g(n):\n    return n +\n", "def g(n):\n    raise NotImplementedError"},
		{"def g(n):\n    return n\n", "def g(n):\n    return n"},
	} {
		other := []TestFile{{"other", Parse([]byte(test.other))}}
		for what, among := range map[string]*File{"before": f.WithCells(other, nil), "behind": f.WithCells(nil, other), "tests": f.WithTests("m", other...)} {
			prelude := among.Specs()[0].Prelude
			if len(prelude) == 0 || prelude[0].Text != test.want || prelude[0].Path != "other" {
				t.Errorf("%s: prelude %+v, want %q", what, prelude, test.want)
			}
		}
	}
}

// TestOtherCells: a check awaits unwritten functions of other cells, whose specs speak of
// all cells under the names that this one has for them.
func TestOtherCells(t *testing.T) {
	cell := func(path, text string) TestFile { return TestFile{path, Parse([]byte(text))} }
	const codes = "SHIFT = 1\n\ndef decode(s):\n    \"\"\"By SHIFT and KEY.\"\"\"\n\ndef written(s):\n    return s\n"
	f := Parse([]byte("KEY = 3\n\ndef encode(s):\n    \"\"\"Encode s.\"\"\"\n\nassert encode('a') == 'b'\n"))
	f = f.WithCells([]TestFile{cell("cell 1", codes)}, []TestFile{cell("cell 3", "assert decode(encode('a')) == written('a')\n")})
	own := f.Specs()[0]
	if got := own.Checks; len(got) != 2 || len(got[0].Awaits) != 0 || strings.Join(got[1].Awaits, " ") != "decode" {
		t.Fatalf("checks %+v", got)
	}
	others := f.OtherCells()
	if len(others) != 1 || others[0].Name != "decode" || others[0].Unit.Path != "cell 1" {
		t.Fatalf("others %+v", others)
	}
	decode := others[0]
	if c := decode.Checks; len(c) != 1 || c[0].Path != "cell 3" || strings.Join(c[0].Awaits, " ") != "encode" {
		t.Errorf("checks of decode %+v", c)
	}
	paths := map[string]string{}
	places := map[string]int{}
	for _, p := range append(decode.PreludeFor("    return KEY"), decode.Prelude...) {
		paths[strings.TrimSpace(p.Text)] = p.Path
	}
	if paths["KEY = 3"] != "" || paths["SHIFT = 1"] != "cell 1" || len(paths) < 3 {
		t.Errorf("paths %q", paths)
	}
	for _, s := range []*Spec{own, decode} { // all cells count statements alike
		for _, p := range append(s.Prelude, s.Unit) {
			name, _, _ := strings.Cut(p.Text, "(")
			if at, known := places[name]; known && at != p.Place {
				t.Errorf("%q stands at %d and at %d", name, at, p.Place)
			}
			places[name] = p.Place
		}
	}
	filled := f.EditCell("cell 1", decode.Hole.Start, decode.Hole.End, decode.Replacement("    return s")).Edit(0, 0, "# a\n")
	if got := filled.OtherCells(); len(got) != 0 {
		t.Errorf("still unwritten: %+v", got)
	}
	if got := string(filled.Cell("cell 1").Source()); !strings.Contains(got, "KEY.\"\"\"\n    return s\n") {
		t.Errorf("the cell is\n%s", got)
	}
	if c := filled.Specs()[0].Checks; len(c) != 2 || len(c[1].Awaits) != 0 {
		t.Errorf("checks then %+v", c)
	}
	if f.Cell("cell 9") != nil || f.EditCell("cell 9", 0, 0, "x") != f || Parse(nil).OtherCells() != nil || f.Cell("") != f {
		t.Error("there is a cell that is none")
	}
}
