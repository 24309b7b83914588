package completion

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// A Function is what an editor needs to know of one function of a file that has checks,
// or is still to be written, or that checks call and nobody defines (see Missing).
type Function struct {
	Spec *parser.Spec
	// Written says that there is nothing to fill.
	Written bool
	// Base is the same for the same function, whatever stands in its body and wherever in
	// the file it stands: name, signature, docstring, checks, and its class if it has one.
	Base string
	// Key is Base with the prelude that checks and signature need, whatever the body.
	Key string
	// Content is Key with the whole prelude and the body: what the outcome of its checks depends on.
	Content string
	// Body are the bytes between the signature and the function's end; Hole lies inside.
	Body parser.Span
	// Checks are where the spec's checks stand, in its order.
	Checks []Place
}

// A Place is a span of the function's own file (Path is ""), or of a file of tests.
type Place struct {
	parser.Span
	Path string
}

// Missing says that the function's very def is to be written; it stands where the def
// belongs. The code of its checks alone says that there is to be such a function, so
// nothing is done about it unless the user asks.
func (fn *Function) Missing() bool { return fn.Spec.HoleKind == parser.HoleMissing }

// Outline lists the functions of a file that have checks or are still to be written, in
// file order. It looks at the whole file; FunctionAt and FunctionNamed look at what they
// are asked for.
func Outline(f *parser.File) []Function {
	var list []Function
	for _, s := range slices.Concat(f.Functions(), f.Missing()) {
		if fn := view(f, s); fn != nil {
			list = append(list, *fn)
		}
	}
	slices.SortStableFunc(list, func(a, b Function) int { return a.Spec.Def.Start - b.Spec.Def.Start })
	return list
}

// FunctionAt is the function of Outline that holds the offset: in its def, its hole, the
// blank lines of a missing body, or a blank line indented for going on with its body. It
// is nil if there is none.
func FunctionAt(f *parser.File, offset int) *Function {
	s := f.SpecAt(offset)
	if s == nil {
		s = f.FunctionAt(offset)
	}
	if s == nil {
		s = continuedAt(f, offset)
	}
	return view(f, s)
}

// continuedAt is the innermost function with nothing but white space between its end and
// the offset, whose body's indentation the offset's line has.
func continuedAt(f *parser.File, offset int) *parser.Spec {
	src := f.Source()
	offset = min(max(offset, 0), len(src))
	code := len(bytes.TrimRight(src[:offset], " \t\r\n"))
	line := src[bytes.LastIndexByte(src[:offset], '\n')+1 : offset]
	if code == 0 || len(bytes.TrimSpace(line)) > 0 {
		return nil
	}
	s := f.FunctionAt(code - 1)
	for s != nil && s.Def.End >= code {
		if s.Indent != "" && bytes.HasPrefix(line, []byte(s.Indent)) {
			return s
		}
		if s.Def.Start == 0 {
			return nil
		}
		s = f.FunctionAt(s.Def.Start - 1)
	}
	return nil
}

// FunctionNamed is the function of Outline with a qualified name, or nil. A name defined
// twice means the last one, as it does in Python.
func FunctionNamed(f *parser.File, qualified string) *Function {
	src, name := f.Source(), []byte(qualified[strings.LastIndexByte(qualified, '.')+1:])
	if len(name) == 0 {
		return nil
	}
	for i := bytes.LastIndex(src, name); i >= 0; i = bytes.LastIndex(src[:i], name) {
		if !bytes.HasSuffix(bytes.TrimRight(src[:i], " \t\\\r\n\f"), []byte("def")) {
			continue
		}
		if s := f.FunctionAt(i); s != nil && s.QualifiedName == qualified {
			return view(f, s)
		}
	}
	for _, s := range f.Missing() {
		if s.QualifiedName == qualified {
			return view(f, s)
		}
	}
	return nil
}

// view is what an editor needs to know of a function, nil if that is nothing.
func view(f *parser.File, s *parser.Spec) *Function {
	if s == nil {
		return nil
	}
	fn := &Function{Spec: s, Written: s.HoleKind == parser.HoleWritten}
	if fn.Written && len(s.Checks) == 0 {
		return nil
	}
	fn.Body = body(s, f.Source())
	fn.identify()
	for _, c := range s.Checks {
		fn.Checks = append(fn.Checks, Place{c.Span, c.Path})
	}
	return fn
}

// Neighbours are the files of tests that belong to the file at path, and the conftest.py
// files that those may use, as far as read finds them. Only what lies in root counts.
func Neighbours(path, root string, read func(path string) (text string, ok bool)) []parser.TestFile {
	var list []parser.TestFile
	seen := map[string]bool{}
	add := func(name string) bool {
		if seen[name] || root != "" && !strings.HasPrefix(name, strings.TrimSuffix(root, "/")+"/") {
			return false
		}
		seen[name] = true
		text, ok := read(name)
		if ok {
			list = append(list, parser.TestFile{Path: name, File: parser.Parse([]byte(text))})
		}
		return ok
	}
	for _, test := range parser.TestFileNames(path) {
		if add(test) {
			for _, conftest := range parser.ConftestNames(test) {
				add(conftest)
			}
		}
	}
	return list
}

// MaxFile is the size of the largest file that ReadText reads, in bytes.
const MaxFile = 1 << 20

// ReadText is the text of a file of Python, in whatever encoding it declares. A file that
// cannot be read, or is too large to be looked at beside another, has none.
func ReadText(path string) (text string, ok bool) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > MaxFile {
		return "", false
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", false
	}
	utf8, err := parser.ToUTF8(raw)
	return string(utf8), err == nil
}

// IsNeighbour says whether the file at test may belong to Neighbours of the file at path.
func IsNeighbour(path, test string) bool {
	return strings.HasSuffix(test, "conftest.py") || slices.Contains(parser.TestFileNames(path), test)
}

// WithNeighbours is the file at path with the checks that its neighbours hold.
func WithNeighbours(f *parser.File, path string, neighbours []parser.TestFile) *parser.File {
	if len(neighbours) == 0 {
		return f
	}
	return f.WithTests(parser.Module(path), neighbours...)
}

// body is the span from the end of the signature to the end of function and hole. A line
// of white space behind the hole, where a cursor may stand, belongs to it.
func body(s *parser.Spec, src []byte) parser.Span {
	if s.HoleKind == parser.HoleMissing {
		return s.Hole
	}
	end := max(s.Def.End, s.Hole.End)
	start := min(s.Def.Start+len(s.Signature), end)
	if s.HoleKind == parser.HoleWritten {
		return parser.Span{Start: start, End: end}
	}
	line := end
	if line < len(src) && src[line] == '\r' {
		line++
	}
	if line < len(src) && src[line] == '\n' {
		line++
		indented := line
		for indented < len(src) && (src[indented] == ' ' || src[indented] == '\t') {
			indented++
		}
		if indented > line && (indented == len(src) || src[indented] == '\n' || src[indented] == '\r') {
			end = indented
		}
	}
	return parser.Span{Start: min(start, s.Hole.Start), End: end}
}

// identify sets the three digests.
func (fn *Function) identify() {
	s := fn.Spec
	unit, start := s.Unit.Text, s.Unit.Span.Start
	from := min(max(fn.Body.Start-start, 0), len(unit))
	to := min(max(fn.Body.End-start, from), len(unit))
	parts := []any{s.QualifiedName, s.Doc, unit[:from], unit[to:]}
	for _, c := range s.Checks {
		parts = append(parts, c.Kind, c.Code, c.Want, c.Test)
	}
	fn.Base = digest(parts)
	var all []any
	for _, f := range s.Prelude {
		all = append(all, f.Text)
		if !f.Offered {
			parts = append(parts, f.Text)
		}
	}
	fn.Key = digest(parts)
	fn.Content = digest(append(parts, digest(all), unit[from:to]))
}

// Needs is a digest of the prelude with which a body runs: while it stays the same, and
// Base does, so does the outcome.
func (fn *Function) Needs(body string) string {
	var parts []any
	for _, f := range fn.Spec.PreludeFor(body) {
		parts = append(parts, f.Text)
	}
	return digest(parts)
}

func digest(parts []any) string {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(parts); err != nil {
		panic("completion: a function's key cannot be written: " + err.Error()) // plain values always can
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// StatusNames are the names of verdicts as editors and reports use them.
var StatusNames = map[sandbox.Status]string{
	sandbox.Invalid:            "invalid",
	sandbox.Passed:             "passed",
	sandbox.AssertFailed:       "assertFailed",
	sandbox.Raised:             "raised",
	sandbox.SyntaxError:        "syntaxError",
	sandbox.TimedOut:           "timedOut",
	sandbox.OutOfMemory:        "outOfMemory",
	sandbox.OutputLimit:        "outputLimit",
	sandbox.Denied:             "denied",
	sandbox.Crashed:            "crashed",
	sandbox.Exited:             "exited",
	sandbox.Vacuous:            "vacuous",
	sandbox.Flaky:              "flaky",
	sandbox.PreludeFailed:      "preludeFailed",
	sandbox.CheckInvalid:       "checkInvalid",
	sandbox.SandboxUnavailable: "sandboxUnavailable",
}

// Passed says whether a verdict is a pass; the zero Verdict is none.
func Passed(v sandbox.Verdict) bool { return v.Status == sandbox.Passed }

// Unconfined says whether nothing ran because the machine cannot confine.
func Unconfined(v sandbox.Verdict) bool { return v.Status == sandbox.SandboxUnavailable }

// A Verdict is how a run ended, under a name for those who do not import the sandbox.
type Verdict = sandbox.Verdict

// A CheckResult is how one check ended.
type CheckResult = sandbox.CheckResult

// CheckPassed says whether a check held.
func CheckPassed(r CheckResult) bool { return r.Status == sandbox.Passed }

// CheckNotReached says whether a check never came to be tried.
func CheckNotReached(r CheckResult) bool {
	return r.Status == sandbox.Invalid || r.Status == sandbox.Vacuous
}

// A Problem is something wrong with a function's checks that no body can mend.
type Problem struct {
	Span    parser.Span
	Code    string // of the kind of problem: "contradiction", "arity", …
	Message string
	Fix     *parser.Fix // nil if there is none
	Path    string      // of the file of tests or the cell it stands in, "" for the function's own
}

// Problems are what is wrong with the function's checks before anything has run.
func (fn *Function) Problems() []Problem {
	var list []Problem
	for _, p := range fn.Spec.Problems() {
		list = append(list, Problem{p.Span, p.Kind.String(), p.Message, p.Fix, p.Path})
	}
	return list
}
