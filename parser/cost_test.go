package parser

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// longFile is a file of about so many lines as people write them: functions with
// docstrings, classes, constants and asserts.
func longFile(lines int) []byte {
	var out bytes.Buffer
	out.WriteString("import re\nfrom collections import Counter\n\nLIMIT = 10\n\n")
	for i := 0; bytes.Count(out.Bytes(), []byte("\n")) < lines; i++ {
		fmt.Fprintf(&out, `def function_%[1]d(items, limit=LIMIT):
    """Count what is in items, up to limit.

    >>> function_%[1]d(["a"])
    1
    """
    counts = Counter()
    for item in items:  # one by one
        if re.match(r"\w+", item) and len(counts) < limit:
            counts[item] += 1
    return sum(counts.values()) + len({k: v for k, v in counts.items() if v > %[1]d})


class Class%[1]d:
    def __init__(self, value):
        self.value = [value, (1, 2), {"a": "b"}]

    def method(self, other):
        return function_%[1]d([f"{other!r:>10}"] * 3) + self.value[0]


assert function_%[1]d(["a", "b"]) == 2
assert Class%[1]d(3).method("x") == 4

`, i)
		if i%10 == 0 {
			fmt.Fprintf(&out, "def unwritten_%[1]d(x):\n    \"\"\"Like function_%[1]d.\"\"\"\n\nassert unwritten_%[1]d([]) == 0\n\n", i)
		}
	}
	return out.Bytes()
}

// middleHole is the offset of the missing body nearest to the middle of the file.
func middleHole(src []byte) int {
	half := len(src) / 2
	at := half + bytes.Index(src[half:], []byte("def unwritten"))
	return at + bytes.Index(src[at:], []byte("\n\n")) + 1
}

func BenchmarkEdit(b *testing.B) {
	src := longFile(10_000)
	f := Parse(src)
	at := middleHole(src)
	f.SpecAt(at)
	for b.Loop() {
		f.Edit(at, at, "x")
	}
}

// BenchmarkSpecAfterEdit is what a key costs when the spec is asked for after it.
func BenchmarkSpecAfterEdit(b *testing.B) {
	src := longFile(10_000)
	f := Parse(src)
	at := middleHole(src)
	f.SpecAt(at)
	for i := 0; b.Loop(); i++ {
		f = f.Edit(at, at+i%2, []string{"    # a comment", ""}[i%2])
		f.SpecAt(at)
	}
}

func BenchmarkFirstSpec(b *testing.B) {
	src := longFile(10_000)
	at := middleHole(src)
	for b.Loop() {
		Parse(src).SpecAt(at)
	}
}

func BenchmarkCutBody(b *testing.B) {
	text := strings.Repeat("    x = [i for i in range(10)]\n    if x:\n        y = 'abc'\n", 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		CutBody(text)
	}
}

// TestHostileSources: what is no Python costs no more than seconds, and no stack.
func TestHostileSources(t *testing.T) {
	n := 5_000
	if os.Getenv("GREENFILL_FULL") == "1" {
		n = 100_000
	}
	for name, src := range map[string]string{
		"brackets":       strings.Repeat("(", n),
		"closers":        strings.Repeat(")", n),
		"bracket lines":  strings.Repeat("(\n", n),
		"calls":          strings.Repeat("f(", n) + "\ndef g():\n",
		"balanced":       "x = " + strings.Repeat("[", n) + strings.Repeat("]", n) + "\ndef g(): pass\n",
		"quotes":         strings.Repeat("\"", n),
		"open strings":   strings.Repeat("'\n", n),
		"triple quotes":  strings.Repeat("\"\"\"a\n", n),
		"f-strings":      strings.Repeat("f\"{", n),
		"f-string lines": strings.Repeat("f\"{\n", n),
		"f-string tower": strings.Repeat("f\"{f'{", n),
		"triple fields":  "f'''" + strings.Repeat("{", n),
		"backslashes":    strings.Repeat("\\\n", n) + "x",
		"defs":           strings.Repeat("def f(x):\n", n/10),
		"nested defs":    nested("def f():", 500),
		"nested ifs":     nested("if x:", 500),
		"decorators":     strings.Repeat("@f\n", n),
		"asserts":        "def f(x): pass\n" + strings.Repeat("assert f(1) ==\n", n/5),
		"comments":       "def f(x): pass\n" + strings.Repeat("# f(1 -> [\n", n/5),
		"checks":         "def f(x): pass\n" + strings.Repeat("assert f(1) == 1\n", n/5),
		"chained":        "def f(x): pass\nx0 = f(1)\n" + chain(300) + "assert x300 == 1\n",
		"sum":            "def f(x):\n    return " + strings.Repeat("1+", n) + "1\n",
		"elifs":          "def f(x):\n    if x: pass\n" + strings.Repeat("    elif x: pass\n", n/5),
		"nul":            strings.Repeat("\x00", n),
		"broken utf-8":   strings.Repeat("\xff\xfe", n),
		"operators":      strings.Repeat("+ * ", n),
		"words":          strings.Repeat("def class ", n),
		"colons":         strings.Repeat("a:\n", n),
		"semicolons":     strings.Repeat("a;", n),
		"crs":            strings.Repeat("\r", n) + "def f(): pass",
		"doctest":        "def f():\n  '''" + strings.Repeat("\n  >>> f()\n  1", n/5) + "'''\n",
		"literal":        "X = [" + strings.Repeat("'abc', 12, ", 50_000) + "]\ndef f(): pass\nassert f() == X\n",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			f := Parse([]byte(src))
			for _, s := range f.Specs()[:min(3, len(f.Specs()))] {
				checkSpec(t, name, f, s)
				s.Problems()
			}
			f.SpecAt(len(src))
			f.Missing()
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v for %d bytes", took, len(src))
			} else if took > time.Second {
				t.Logf("took %v for %d bytes", took, len(src))
			}
			start = time.Now()
			if CutBody(src); time.Since(start) > 5*time.Second {
				t.Errorf("CutBody took %v", time.Since(start))
			}
		})
	}
}

func nested(header string, depth int) string {
	var out strings.Builder
	for i := range depth {
		out.WriteString(strings.Repeat(" ", i) + header + "\n")
	}
	return out.String()
}

func chain(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "x%d = x%d + 1\n", i+1, i)
	}
	return out.String()
}

// TestMemoryOfTrees: thousands of edits with specs asked for in between leave the
// process as large as a few hundred do. Trees are C's memory, which Go's own counts miss.
func TestMemoryOfTrees(t *testing.T) {
	src := longFile(400)
	at := middleHole(src)
	f := Parse(src)
	round := func(n int) {
		for i := range n {
			f = f.Edit(at, at, fmt.Sprintf("    # %d\n", i))
			f.SpecAt(at)
			f = f.Edit(len(f.Source()), len(f.Source()), fmt.Sprintf("x%d = [%d, (", i, i))
			f.Specs()
			f = Parse(src)
		}
		runtime.GC()
	}
	round(100)
	before := resident(t)
	n := 150
	if os.Getenv("GREENFILL_FULL") == "1" {
		n = 5000
	}
	round(n)
	if grown := resident(t) - before; grown > 64<<20 {
		t.Errorf("%d edits made the process grow by %d MiB", n, grown>>20)
	}
}

// resident is the process's resident memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc to read the resident memory from")
	}
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// TestConcurrentReaders is for the race detector.
func TestConcurrentReaders(t *testing.T) {
	src := longFile(600)
	at := middleHole(src)
	f := Parse(src)
	want := dumpAll(Parse(src))
	var readers sync.WaitGroup
	for i := range 8 {
		readers.Go(func() {
			if s := f.SpecAt(at); s == nil || len(s.Checks) == 0 {
				t.Error("no spec at the hole")
			}
			f.Edit(at, at, fmt.Sprint("# ", i)).Specs()
			if got := dumpAll(f); got != want {
				t.Error("a reader saw another file")
			}
		})
	}
	readers.Wait()
}
