package parser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The sweep reads real files: the interpreter's library and its site-packages. In CI it
// takes a sample; with GREENFILL_FULL=1 two thousand files. GREENFILL_SWEEP names
// further folders, with the list separator of PATH between them.
const (
	sweepSample = 80
	sweepFull   = 2000
)

// findPython is an interpreter to ask, or the test is skipped (in CI: fails).
func findPython(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("asks a Python interpreter: not with -short")
	}
	path, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no python3 on PATH")
		}
		t.Skip("no python3 on PATH")
	}
	return path
}

// sweepFiles are the files to read, the same ones on every run.
func sweepFiles(t *testing.T) []string {
	out, err := exec.Command(findPython(t), "-c",
		"import sysconfig as s; print(s.get_path('stdlib')); print(s.get_path('purelib'))").Output()
	if err != nil {
		t.Fatalf("asking for the library's folders: %v", err)
	}
	folders := append(strings.Fields(string(out)), filepath.SplitList(os.Getenv("GREENFILL_SWEEP"))...)
	var files []string
	for _, folder := range folders {
		filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && strings.HasSuffix(path, ".py") {
				files = append(files, path)
			}
			return nil
		})
	}
	slices.Sort(files)
	files = slices.Compact(files)
	n := sweepSample
	if os.Getenv("GREENFILL_FULL") == "1" {
		n = sweepFull
	}
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	return files[:min(n, len(files))]
}

// An answer is what testdata/ask.py says of a file.
type answer struct {
	Compiles  bool
	Functions []struct {
		Name      string
		Line, End int
		Doc       *string
		Examples  []struct {
			Source, Want string
			Line         int
		}
	}
}

// ask answers for each file what CPython knows of it.
func ask(t *testing.T, files []string) []answer {
	t.Helper()
	cmd := exec.Command(findPython(t), filepath.Join("testdata", "ask.py"))
	cmd.Stdin = strings.NewReader(strings.Join(files, "\n") + "\n")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var answers []answer
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if err := cmd.Wait(); err != nil || len(answers) != len(files) {
		t.Fatalf("asking CPython: %v (%d answers for %d files)", err, len(answers), len(files))
	}
	return answers
}

func TestSweep(t *testing.T) {
	files := sweepFiles(t)
	answers := ask(t, files)
	functions, compiling := 0, 0
	for i, path := range files {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f := Parse(src)
		checkSpans(t, path, f)
		if answers[i].Compiles {
			compiling++
			functions += len(answers[i].Functions)
			compareWithCPython(t, path, f, answers[i])
		}
		cutAnywhere(t, path, src, rand.New(rand.NewPCG(3, uint64(i))))
	}
	t.Logf("%d files, %d of them compile and define %d functions", len(files), compiling, functions)
}

// compareWithCPython: every def that CPython finds is found, with its name, lines,
// docstring and examples, and none besides.
func compareWithCPython(t *testing.T, path string, f *File, want answer) {
	x := f.index()
	if len(x.functions) != len(want.Functions) {
		t.Errorf("%s: %d functions, CPython finds %d", path, len(x.functions), len(want.Functions))
		return
	}
	for i, fn := range x.functions {
		w := want.Functions[i]
		line, end := fn.part.line(fn.head), fn.part.line(fn.end)
		if fn.qualified != w.Name || line != w.Line || end != w.End {
			t.Errorf("%s: %s at lines %d-%d, CPython has %s at %d-%d", path, fn.qualified, line, end, w.Name, w.Line, w.End)
			continue
		}
		if fn.broken || fn.hole(noCursor).kind == HolePartial {
			t.Errorf("%s:%d: %s is taken for unfinished", path, line, fn.qualified)
		}
		doc, value := fn.docstring()
		if (doc != nil) != (w.Doc != nil) {
			t.Errorf("%s:%d: docstring of %s: %v, CPython: %v", path, line, fn.qualified, doc != nil, w.Doc != nil)
			continue
		}
		if doc == nil || strings.Contains(value, `\N{`) || strings.ContainsRune(value, '�') {
			continue // named characters stay as written; surrogates have no UTF-8
		}
		if got := cleanDoc(value); got != *w.Doc {
			t.Errorf("%s:%d: docstring of %s is %q, CPython has %q", path, line, fn.qualified, got, *w.Doc)
		}
		compareExamples(t, path, fn, value, i, want)
	}
}

func compareExamples(t *testing.T, path string, fn *function, doc string, i int, want answer) {
	found, _ := examples(doc)
	w := want.Functions[i].Examples
	if len(found) != len(w) {
		t.Errorf("%s: %s has %d examples, doctest finds %d", path, fn.qualified, len(found), len(w))
		return
	}
	for k, e := range found {
		if e.source != w[k].Source || e.want != w[k].Want || e.line != w[k].Line {
			t.Errorf("%s: example %d of %s is %+v, doctest has %+v", path, k, fn.qualified, e, w[k])
		}
	}
}

// cutAnywhere: whatever stands before a random byte is answered for.
func cutAnywhere(t *testing.T, path string, src []byte, r *rand.Rand) {
	for range 3 {
		at := r.IntN(len(src) + 1)
		f := Parse(src[:at])
		checkSpans(t, path, f)
		if s := f.SpecAt(at); s != nil {
			checkSpec(t, path, f, s)
			s.Fill(f.Source(), s.Indent+"return 1")
		}
	}
}

func checkSpans(t *testing.T, path string, f *File) {
	for _, s := range f.Functions() {
		checkSpec(t, path, f, s)
	}
}

func checkSpec(t *testing.T, path string, f *File, s *Spec) {
	t.Helper()
	for _, span := range []Span{s.Def, s.Hole, s.Unit.Span} {
		if span.Start < 0 || span.End < span.Start || span.End > len(f.src) {
			t.Fatalf("%s: %s has the span %v in %d bytes", path, s.QualifiedName, span, len(f.src))
		}
	}
	for _, c := range s.Checks {
		if c.Path == "" && (c.Span.Start < 0 || c.Span.End < c.Span.Start || c.Span.End > len(f.src) || c.Line < 1) {
			t.Fatalf("%s: check %+v lies outside", path, c)
		}
	}
	for _, p := range s.Prelude {
		if p.Path == "" && (p.Span.Start < 0 || p.Span.End < p.Span.Start || p.Span.End > len(f.src) || p.Line < 1) {
			t.Fatalf("%s: fragment %+v lies outside", path, p)
		}
	}
}

// TestCutBodyOnRealCode: of the text from a function's body to the end of its file,
// CutBody keeps the body.
func TestCutBodyOnRealCode(t *testing.T) {
	for _, path := range sweepFiles(t) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, fn := range Parse(src).index().functions {
			if fn.broken || len(fn.body) == 0 || fn.body[0].inline {
				continue
			}
			begin := lineStart(src, fn.body[0].start)
			text := string(src[begin:min(len(src), fn.end+300)])
			keep, done := CutBody(text)
			if end := fn.end - begin; keep != end && (keep < end || !strings.HasPrefix(strings.TrimSpace(text[end:keep]), "#")) {
				t.Errorf("%s: of %s CutBody keeps %q… of %d bytes", path, fn.qualified, tail(text[:keep]), fn.end-begin)
			}
			if rest := strings.TrimSpace(text[keep:]); !done && rest != "" && !strings.HasPrefix(rest, "#") {
				t.Errorf("%s: CutBody does not see that %s is done", path, fn.qualified)
			}
		}
	}
}

func tail(s string) string { return s[max(0, len(s)-60):] }

// TestReindentOnRealCode: a body in other indentation is the same program, says CPython.
func TestReindentOnRealCode(t *testing.T) {
	type pair struct{ A, B string }
	var pairs bytes.Buffer
	var names []string
	encoder := json.NewEncoder(&pairs)
	files := sweepFiles(t)
	for _, path := range files[:len(files)/4] {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, fn := range Parse(src).index().functions {
			if fn.outer != nil || fn.broken || len(fn.body) == 0 || fn.body[0].inline {
				continue
			}
			first := lineStart(src, fn.body[0].start)
			header := dedent(src, Span{fn.start, fn.colon}, fn.indent) + "\n"
			body := string(src[first:fn.end])
			encoder.Encode(pair{header + dedent(src, Span{fn.body[0].start - fn.body[0].indent + fn.indent, fn.end}, fn.indent),
				header + Reindent(body, "\t", "\t")})
			names = append(names, path+": "+fn.qualified)
		}
	}
	cmd := exec.Command(findPython(t), filepath.Join("testdata", "same.py"))
	cmd.Stdin = &pairs
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("asking CPython: %v", err)
	}
	answers := strings.Fields(string(out))
	if len(answers) != len(names) {
		t.Fatalf("%d answers for %d functions", len(answers), len(names))
	}
	compared := 0
	for i, a := range answers {
		if a == "different" {
			t.Errorf("%s is another program after Reindent", names[i])
		}
		if a == "same" {
			compared++
		}
	}
	t.Logf("%d of %d functions compared", compared, len(names))
	if compared < len(names)*9/10 {
		t.Errorf("only %d of %d functions could be compared", compared, len(names))
	}
}
