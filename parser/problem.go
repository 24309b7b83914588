package parser

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// A ProblemKind says what is wrong with a spec's checks.
type ProblemKind int

const (
	// ProblemContradiction: two checks ask for different values of the same call.
	ProblemContradiction ProblemKind = iota + 1
	// ProblemArity: a check calls the function with arguments it does not take.
	ProblemArity
	// ProblemUnreached: a check names the function and never calls it.
	ProblemUnreached
	// ProblemComment: a comment begins like a check and is not of the grammar, or not Python.
	ProblemComment
	// ProblemUndefined: a check needs a name that nothing defines, or whose definition
	// is not run because it reaches outside.
	ProblemUndefined
	// ProblemSyntax: a check is not Python 3, or not yet, so it is left out.
	ProblemSyntax
	// ProblemDoctest: the docstring's examples are not what doctest accepts.
	ProblemDoctest

	problemKinds // how many there are, and one
)

var problemNames = [problemKinds]string{
	ProblemContradiction: "contradiction", ProblemArity: "arity", ProblemUnreached: "unreached", ProblemComment: "comment",
	ProblemUndefined: "undefined", ProblemSyntax: "syntax", ProblemDoctest: "doctest",
}

// String returns the kind as one word, which editors show as a diagnostic's code.
func (k ProblemKind) String() string { return problemNames[k] }

// A Problem is something wrong with a spec that no body can mend.
type Problem struct {
	Kind    ProblemKind
	Span    Span // in the file the check stands in
	Line    int  // of that file, from 1
	Path    string
	Message string // one sentence for people
	Fix     *Fix   // nil if there is none
}

// A Fix is an edit that removes a problem.
type Fix struct {
	Title string
	Span  Span
	Text  string
}

// Problems are what is wrong with the spec before any body has been tried, in file order.
func (s *Spec) Problems() []Problem {
	if s.problems == nil {
		return nil
	}
	return s.problems()
}

func (f *function) problems(s *Spec) []Problem {
	var found []Problem
	sites := f.checkSites()
	found = append(found, f.contradictions(sites)...)
	found = append(found, f.misfits(s, sites)...)
	found = append(found, f.unreached(sites)...)
	found = append(found, f.undefined(sites)...)
	found = append(found, f.badComments()...)
	found = append(found, f.badStatements()...)
	found = append(found, f.badDoctest()...)
	sort.SliceStable(found, func(i, j int) bool {
		if found[i].Path != found[j].Path {
			return found[i].Path < found[j].Path
		}
		return found[i].Span.Start < found[j].Span.Start
	})
	return found
}

// problem is a problem of a site as a whole.
func (x *index) problem(kind ProblemKind, s *site, message string) Problem {
	p := x.parts[0]
	for _, other := range x.parts {
		if other.path == s.Path {
			p = other
		}
	}
	return Problem{Kind: kind, Span: s.Span, Line: p.line(s.Span.Start), Path: s.Path, Message: message}
}

// contradictions: assert f(2) == 4 and, elsewhere, assert f(2) == 5.
func (f *function) contradictions(sites []*site) []Problem {
	if f.class != nil || f.outer != nil {
		return nil // a method's value depends on its object
	}
	type claim struct {
		demand
		line int
	}
	first := map[string]claim{}
	var found []Problem
	for _, s := range sites {
		for _, d := range f.demands(s) {
			before, known := first[d.call]
			line := f.x.problem(0, s, "").Line
			if !known {
				first[d.call] = claim{d, line}
				continue
			}
			if before.value == d.value {
				continue
			}
			p := f.x.problem(ProblemContradiction, s,
				fmt.Sprintf("asks for %s where line %d asks for %s of the same call", d.shown, before.line, before.shown))
			p.Fix = f.removal(s)
			found = append(found, p)
		}
	}
	return found
}

func (f *function) demands(s *site) []demand {
	if s.Kind == CheckDoctest {
		want := strings.TrimSuffix(s.Want, "\n")
		if want == "" || strings.Contains(want, "...") || strings.Contains(want, "\n") || expressionOf(want) == nil {
			return nil
		}
		return demandsOf("assert "+s.Code+" == "+want, f.name)
	}
	return demandsOf(f.ownCode(s), f.name)
}

// ownCode is the code of a site that is its own: of a TestCase, the one method.
func (f *function) ownCode(s *site) string {
	if s.Kind == CheckTest && strings.Contains(s.Test, ".") {
		for _, p := range f.x.parts {
			if p.path == s.Path {
				return dedent(p.src, s.Span, p.columnOf(s.Span.Start))
			}
		}
	}
	return s.Code
}

func (p *part) columnOf(offset int) int {
	col, _ := columnFrom(p.src, lineStart(p.src, offset))
	return col
}

// removal is the fix that takes a check out, if it has its lines for itself.
func (f *function) removal(s *site) *Fix {
	if s.Path != "" || s.Kind != CheckAssert && s.Kind != CheckComment {
		return nil
	}
	src := f.part.src
	start, end := lineStart(src, s.Span.Start), lineEnd(src, s.Span.End)
	if strings.TrimSpace(string(src[start:s.Span.Start])) != "" {
		start = s.Span.Start
	} else if end < len(src) {
		end = afterNewline(src, end)
	}
	return &Fix{Title: "Remove this check", Span: Span{start, end}}
}

// knownDecorators leave a function's parameters as they are.
var knownDecorators = []string{"staticmethod", "classmethod", "property", "cache", "lru_cache",
	"functools.cache", "functools.lru_cache", "contextmanager", "contextlib.contextmanager", "override", "final"}

func (f *function) hasKnownDecorators() bool {
	for _, d := range f.decorators {
		name, _, _ := strings.Cut(string(f.part.src[d.Start+1:d.End]), "(")
		if !slices.Contains(knownDecorators, strings.TrimSpace(name)) {
			return false
		}
	}
	return true
}

// misfits: calls with arguments that the function does not take.
func (f *function) misfits(s *Spec, sites []*site) []Problem {
	if f.outer != nil || f.class != nil && f.name != "__init__" || !f.hasKnownDecorators() {
		return nil
	}
	params, ok := parametersOf(s.Signature)
	if !ok {
		return nil
	}
	name := f.name
	if f.class != nil {
		name = f.part.word(token{start: f.class.name.Start, end: f.class.name.End})
		if len(params.names) == 0 || f.class.parent != f.part.root {
			return nil
		}
		params.names, params.required, params.only = params.names[1:], max(params.required-1, 0), max(params.only-1, 0)
	}
	var found []Problem
	for _, s := range sites {
		code := f.ownCode(s)
		if strings.Contains(code, "aises") || strings.Contains(code, "except") || strings.Contains(s.Want, "Traceback") {
			continue // the call may be meant to fail
		}
		for _, c := range callsOf(code, name) {
			if why := params.refuses(c); why != "" {
				found = append(found, f.x.problem(ProblemArity, s, fmt.Sprintf("%s %s", code[c.Start:c.End], why)))
				break
			}
		}
	}
	return found
}

// unreached: the function's name without a call: assert f == 4.
func (f *function) unreached(sites []*site) []Problem {
	if f.class != nil || f.outer != nil {
		return nil
	}
	var found []Problem
	for _, s := range sites {
		if s.Kind == CheckTest || s.mentions.uses[f.name] == 0 || reaches(s.Code, f.name) {
			continue
		}
		found = append(found, f.x.problem(ProblemUnreached, s, fmt.Sprintf("names %s and never calls it", f.name)))
	}
	return found
}

// reaches says whether code calls the name, hands it on within brackets, or assigns it.
func reaches(code, name string) bool {
	sc := scanner{src: []byte(code)}
	depth := 0
	named := false
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		word := code[t.start:t.end]
		if named && t.kind == tokOp && word == "(" {
			return true
		}
		named = t.kind == tokName && word == name
		if named && depth > 0 || t.kind == tokString && strings.Contains(word, name) {
			return true // handed on, or called in a field of an f-string
		}
		if t.kind == tokOp {
			switch word {
			case "(", "[", "{":
				depth++
			case ")", "]", "}":
				depth--
			case "=":
				return true
			}
		}
	}
	return false
}

// undefined: names that nothing binds, or that a statement binds which does not run.
func (f *function) undefined(sites []*site) []Problem {
	var found []Problem
	for _, s := range sites {
		if s.Kind == CheckTest || s.Kind == CheckDoctest {
			continue // fixtures and sessions bind names in their own ways
		}
		for _, name := range sortedNames(s.needs.uses) {
			if s.needs.binds[name] {
				continue
			}
			if !f.x.isDefined(name) {
				found = append(found, f.x.problem(ProblemUndefined, s, fmt.Sprintf("needs %s, which nothing defines", name)))
				break
			}
			if line := f.x.withheld(name); line > 0 {
				found = append(found, f.x.problem(ProblemUndefined, s,
					fmt.Sprintf("needs %s, whose definition on line %d reaches outside and is not run", name, line)))
				break
			}
		}
	}
	return found
}

func sortedNames(uses map[string]use) []string {
	all := make([]string, 0, len(uses))
	for name := range uses {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// withheld is the line of a name's definition if all that bind it have effects, else 0.
func (x *index) withheld(name string) int {
	line := 0
	for _, i := range x.binders()[name] {
		m := x.module[i]
		if m.kind == stmtDef || m.kind == stmtClass || !m.names().effects {
			return 0
		}
		line = m.part.line(m.start)
	}
	return line
}
