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
