package parser

import (
	"fmt"
	"slices"
	"strings"
)

// Missing are the functions that checks call and nobody defines or imports, in the
// order of their first call. Def is empty; Hole is where the function belongs, before
// the first statement that calls it, or at the end of the file; the signature is read
// off the calls.
func (f *File) Missing() []*Spec {
	x := f.index()
	if x.hasStar() {
		return nil
	}
	var order []string
	callers := map[string][]*site{}
	for _, s := range x.sites() {
		if s.Kind == CheckDoctest {
			continue
		}
		for _, name := range x.calledUndefined(s) {
			if callers[name] == nil {
				order = append(order, name)
			}
			callers[name] = append(callers[name], s)
		}
	}
	var specs []*Spec
	for _, name := range order {
		specs = append(specs, x.missingSpec(name, callers[name]))
	}
	return specs
}

// MissingAt is the one of Missing that a check of this file at the offset calls, or nil.
func (f *File) MissingAt(offset int) *Spec {
	for _, s := range f.Missing() {
		for _, c := range s.Checks {
			if c.Path == "" && c.Span.Start <= offset && offset <= c.Span.End {
				return s
			}
		}
	}
	return nil
}

// calledUndefined are the names that a site calls and nothing defines, in order.
func (x *index) calledUndefined(s *site) []string {
	var found []string
	sc := scanner{src: []byte(s.Code)}
	name, dotted := "", false
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		word := s.Code[t.start:t.end]
		if t.kind == tokOp && word == "(" && name != "" && s.mentions.uses[name] != 0 &&
			!x.isDefined(name) && !s.mentions.binds[name] && !slices.Contains(found, name) {
			found = append(found, name)
		}
		name = ""
		if t.kind == tokName && !dotted {
			name = word
		}
		dotted = t.kind == tokOp && word == "."
	}
	return found
}

func (x *index) missingSpec(name string, callers []*site) *Spec {
	p := x.parts[0]
	step, nl := p.step(), p.newline()
	at, before := x.place(callers)
	s := &Spec{
		Name: name, QualifiedName: name,
		Signature: "def " + name + "(" + strings.Join(parametersOfCalls(callers, name), ", ") + "):",
		Def:       Span{at, at}, Hole: Span{at, at}, HoleKind: HoleMissing,
		Indent: step, Step: step, Newline: nl,
	}
	s.head = s.Signature
	s.hole = hole{Span: s.Hole, kind: HoleMissing, lead: s.Signature + nl}
	if before {
		s.hole.tail = nl + nl + nl
	} else {
		s.hole.tail = nl
		s.hole.lead = blankBefore(p.src, nl) + s.hole.lead
	}
	s.Unit = Fragment{Span: s.Hole, Line: p.line(at)}
	s.filled = func(replacement string) string {
		return strings.TrimSpace(strings.TrimSuffix(replacement, s.hole.tail))
	}
	f := x.newFunction(&function{part: p, stmt: &stmt{start: at, head: at, end: at, colon: -1}, top: -1, name: name, qualified: name})
	f.fillChecks(s, callers)
	return s
}

// place is where a function that these sites call belongs: the start of the first
// module statement of the file that is one of them, or the file's end.
func (x *index) place(callers []*site) (at int, before bool) {
	p := x.parts[0]
	for _, s := range callers {
		if s.Path != "" {
			continue
		}
		for _, top := range p.root.body {
			if top.end >= s.Span.Start {
				return lineStart(p.src, min(top.start, s.Span.Start)), true
			}
		}
		return lineStart(p.src, s.Span.Start), true
	}
	return len(p.src), false
}

// blankBefore are the line breaks that put two blank lines after the end of src.
func blankBefore(src []byte, nl string) string {
	text := strings.ReplaceAll(string(src[max(0, len(src)-6):]), "\r", "")
	switch {
	case len(src) == 0 || strings.HasSuffix(text, "\n\n\n"):
		return ""
	case strings.HasSuffix(text, "\n\n"):
		return nl
	case strings.HasSuffix(text, "\n"):
		return nl + nl
	}
	return nl + nl + nl
}

// parametersOfCalls names parameters by the calls: keywords by their names, arguments
// that are names by these, others by letters. What not every call gives has a default.
func parametersOfCalls(callers []*site, name string) []string {
	var longest []string
	least := -1
	var keywords []string
	everywhere := map[string]int{}
	calls := 0
	for _, s := range callers {
		for _, c := range callsOf(s.Code, name) {
			calls++
			if c.positional > len(longest) {
				longest = c.args
			}
			if least < 0 || c.positional < least {
				least = c.positional
			}
			for _, k := range c.keywords {
				if everywhere[k]++; !slices.Contains(keywords, k) {
					keywords = append(keywords, k)
				}
			}
		}
	}
	var params []string
	for i, arg := range longest {
		param := arg
		if !isIdentifier(arg) || slices.Contains(params, arg) || slices.Contains(keywords, arg) || builtinNames[arg] {
			param = letter(i)
		}
		if i >= least {
			param += "=None"
		}
		params = append(params, param)
	}
	for _, k := range keywords {
		if everywhere[k] < calls || least < len(longest) {
			k += "=None"
		}
		params = append(params, k)
	}
	return params
}

func isIdentifier(text string) bool {
	if text == "" || isDigit(text[0]) {
		return false
	}
	for i := range len(text) {
		if !isNameByte(text[i]) {
			return false
		}
	}
	return true
}

// letter is the i-th parameter's name: a, b, …, then a1, b1, …
func letter(i int) string {
	name := string(rune('a' + i%26))
	if i >= 26 {
		name += fmt.Sprint(i / 26)
	}
	return name
}
