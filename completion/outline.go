package completion

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// A Function is what an editor needs to know of one function of a file that has checks,
// or is still to be written.
type Function struct {
	Spec *parser.Spec
	// Written says that there is nothing to fill.
	Written bool
	// Base is the same for the same function, whatever stands in its body and wherever in
	// the file it stands: name, signature, docstring, checks, and its class if it has one.
	Base string
	// Key is Base with the prelude: what a body for it depends on.
	Key string
	// Content is Key with the body: what the outcome of its checks depends on.
	Content string
	// Body are the bytes between the signature and the function's end; Hole lies inside.
	Body parser.Span
	// Checks are where the spec's checks stand, in its order.
	Checks []Place
	// Problems are what is wrong with the checks before anything has run.
	Problems []Problem
}

// A Place is a span of the function's own file (Path is ""), or of a file of tests.
type Place struct {
	parser.Span
	Path string
}

// Outline lists the functions of a file that have checks or are still to be written, in
// file order.
func Outline(f *parser.File) []Function {
	var list []Function
	for _, s := range f.Functions() {
		written := s.HoleKind == parser.HoleWritten
		if written && len(s.Checks) == 0 {
			continue
		}
		fn := Function{Spec: s, Written: written, Body: body(s, f.Source()), Problems: problems(s)}
		fn.Base, fn.Key, fn.Content = identity(s, fn.Body)
		for _, c := range s.Checks {
			fn.Checks = append(fn.Checks, Place{c.Span, c.Path})
		}
		list = append(list, fn)
	}
	return list
}

// FunctionAt is the one of f's Outline that holds the offset: in its def, its hole, the
// blank lines of a missing body, or a blank line indented for going on with its body. It
// is nil if there is none.
func FunctionAt(f *parser.File, outline []Function, offset int) *Function {
	at := f.SpecAt(offset)
	if at == nil {
		at = f.FunctionAt(offset)
	}
	src := f.Source()
	var found *Function
	for i := range outline {
		fn := &outline[i]
		if at != nil && fn.Spec.Def == at.Def || at == nil && continues(src, fn.Spec, offset) {
			found = fn
		}
	}
	return found
}

// continues says whether nothing but white space lies between a function and the offset,
// and the offset's line is indented as the function's body is.
func continues(src []byte, s *parser.Spec, offset int) bool {
	if s.Indent == "" || s.Def.End > offset || offset > len(src) {
		return false
	}
	between := src[s.Def.End:offset]
	line := between[bytes.LastIndexByte(between, '\n')+1:]
	return len(line) < len(between) && len(bytes.TrimSpace(between)) == 0 && bytes.HasPrefix(line, []byte(s.Indent))
}

// body is the span from the end of the signature to the end of function and hole. A line
// of white space behind the hole, where a cursor may stand, belongs to it.
func body(s *parser.Spec, src []byte) parser.Span {
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

func identity(s *parser.Spec, body parser.Span) (base, key, content string) {
	unit, start := s.Unit.Text, s.Unit.Span.Start
	from := min(max(body.Start-start, 0), len(unit))
	to := min(max(body.End-start, from), len(unit))
	parts := []any{s.QualifiedName, s.Doc, unit[:from], unit[to:]}
	for _, c := range s.Checks {
		parts = append(parts, c.Kind, c.Code, c.Want, c.Test)
	}
	base = digest(parts)
	for _, f := range s.Prelude {
		parts = append(parts, f.Text)
	}
	return base, digest(parts), digest(append(parts, unit[from:to]))
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
	Code    string // "contradiction", "arity", "unreached", "comment"
	Message string
	Fix     *parser.Fix // nil if there is none
}

// problemCodes are the names of problems as editors use them.
var problemCodes = map[parser.ProblemKind]string{
	parser.ProblemContradiction: "contradiction",
	parser.ProblemArity:         "arity",
	parser.ProblemUnreached:     "unreached",
	parser.ProblemComment:       "comment",
}

// problems are those that stand in the function's own file.
func problems(s *parser.Spec) []Problem {
	var list []Problem
	for _, p := range s.Problems() {
		if p.Path == "" {
			list = append(list, Problem{p.Span, problemCodes[p.Kind], p.Message, p.Fix})
		}
	}
	return list
}
