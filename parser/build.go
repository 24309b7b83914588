package parser

import (
	"maps"
	"slices"
	"sort"
	"strings"
)

// specAt is the function's spec with the hole as a cursor makes it.
func (f *function) specAt(cursor int) *Spec {
	f.whole.Do(func() { f.spec = f.build() })
	if cursor == noCursor {
		return f.spec
	}
	h := f.hole(cursor)
	if h == f.spec.hole {
		return f.spec
	}
	s := *f.spec
	s.setHole(f, h)
	return &s
}

// build makes the spec without a cursor.
func (f *function) build() *Spec {
	_, doc := f.docstring()
	step := f.part.step()
	top := f.x.module[f.top]
	s := &Spec{
		Name:          f.name,
		QualifiedName: f.qualified,
		Doc:           cleanDoc(doc),
		Def:           f.span(),
		Indent:        f.indentation(step),
		Step:          step,
		Newline:       f.part.newline(),
		unit:          top.span(),
	}
	if f.colon >= 0 {
		s.Signature = dedent(f.part.src, Span{f.start, f.colon}, f.indent)
	}
	s.siblings = f.siblings()
	s.setHole(f, f.hole(noCursor))
	f.addChecks(s)
	s.uses = f.mentioned(s)
	s.problems = func() []Problem { return f.problems(s) }
	return s
}

// setHole puts a hole into the spec, with all that depends on it.
func (s *Spec) setHole(f *function, h hole) {
	s.hole = h
	s.Hole, s.HoleKind, s.Begun = h.Span, h.kind, h.begun
	head := dedent(f.part.src, Span{f.start, max(h.Start, f.start)}, f.indent)
	if h.kind == HoleEmpty || !h.flush {
		head += strings.TrimRight(h.lead, "\r\n")
	}
	s.head = strings.TrimRight(head, " \t\r\n\f")
	span := Span{s.unit.Start, max(s.unit.End, h.End)}
	top := f.x.module[f.top]
	s.Unit = Fragment{Span: span, Line: f.part.line(span.Start), Text: dedent(f.part.src, span, top.indent), Place: f.top}
	s.filled = func(replacement string) string {
		patches := append([]patch{{h.Span, replacement}}, s.siblings...)
		return f.part.patched(span, top.indent, patches)
	}
}

// A patch replaces a span of a source.
type patch struct {
	Span
	text string
}

// patched is the text of a span with the patches that lie within it, then dedented.
func (p *part) patched(in Span, indent int, patches []patch) string {
	sort.SliceStable(patches, func(i, j int) bool { return patches[i].Start < patches[j].Start })
	var out []byte
	at := in.Start
	for _, patch := range patches {
		if patch.Start < at || patch.End > in.End {
			continue
		}
		out = append(out, p.src[at:patch.Start]...)
		out = append(out, patch.text...)
		at = patch.End
	}
	out = append(out, p.src[at:in.End]...)
	return dedent(out, Span{0, len(out)}, indent)
}

// siblings are the patches that make the unit's other unwritten functions compile.
func (f *function) siblings() []patch {
	var patches []patch
	for _, other := range f.x.functionsOf(f.top) {
		if other == f || other.start <= f.start && other.end >= f.end {
			continue
		}
		if p, ok := other.stub(); ok {
			patches = append(patches, p)
		}
	}
	return patches
}

// stub is the patch that makes an unwritten function compile; ok is false where it does.
func (f *function) stub() (p patch, ok bool) {
	if f.colon < 0 {
		return patch{}, false
	}
	h := f.hole(noCursor)
	if h.kind != HolePartial && (h.kind != HoleEmpty || len(f.body) > 0) {
		return patch{}, false
	}
	indent := f.indentation(f.part.step())
	return patch{h.Span, h.replacement(indent+"raise NotImplementedError", indent)}, true
}

// fragmentOf is module statement i as it goes into a prelude or before a check.
func (x *index) fragmentOf(i int) Fragment {
	m := x.module[i]
	var patches []patch
	end := m.end
	for _, f := range x.allOf(i) {
		if p, ok := f.stub(); ok {
			patches = append(patches, p)
			end = max(end, p.End)
		}
	}
	span := Span{m.start, end}
	return Fragment{Span: span, Line: m.part.line(m.start), Text: m.part.patched(span, m.indent, patches), Path: m.part.path, Place: i}
}

// functionsOf are the functions of the file itself within module statement i.
func (x *index) functionsOf(i int) []*function {
	lo := sort.Search(len(x.functions), func(k int) bool { return x.functions[k].top >= i })
	hi := sort.Search(len(x.functions), func(k int) bool { return x.functions[k].top > i })
	return x.functions[lo:hi]
}

// allOf are the functions within module statement i, of whichever part.
func (x *index) allOf(i int) []*function {
	if m := x.module[i]; m.part != x.parts[0] {
		return m.inner()
	}
	return x.functionsOf(i)
}

// addChecks finds the spec's checks and the prelude.
func (f *function) addChecks(s *Spec) { f.fillChecks(s, f.checkSites()) }

// fillChecks makes checks of sites, and the prelude that they and the unit need.
func (f *function) fillChecks(s *Spec, sites []*site) {
	x := f.x
	prelude := map[int]bool{}
	unit := f.newSlice(false)
	f.keepEarly(unit, prelude)
	registrations := f.registrations()
	for _, site := range sites {
		needed := f.newSlice(site.main)
		needed.need(site.needs.uses)
		for _, i := range registrations {
			needed.in[i] = true
			needed.need(x.module[i].names().uses)
		}
		delete(needed.in, site.at)
		if site.Kind == CheckAssert || site.Kind == CheckComment {
			needed.follow(site.before)
		}
		late := f.keepEarly(needed, prelude)
		check := f.withSetup(site, late)
		check.Awaits = f.awaits(site, needed)
		s.Checks = append(s.Checks, check)
	}
	for i, m := range x.module {
		if m.part.path == "" && m.isImportOf(futureModule) {
			prelude[i] = true // it changes what all the rest means
		}
	}
	s.Prelude = x.fragments(prelude, f.offered())
	s.undefined = func(body string) []string { return f.undefinedIn(s, body) }
	s.preludeFor = func(body string) []Fragment { return f.preludeFor(prelude, body) }
	s.imports, s.sources = f.importStatements, f.sources
}

var futureModule = wordSet("__future__")

// awaits are the other unwritten functions, of other cells too, that a site calls, itself
// or through others.
func (f *function) awaits(site *site, needed *slice) []string {
	if site.mentions != site.needs { // one method of a class of tests
		needed = f.newSlice(site.main)
		needed.need(site.mentions.uses)
	}
	tops := slices.Collect(maps.Keys(needed.in))
	if f.top >= 0 {
		tops = append(tops, f.top)
	}
	slices.Sort(tops)
	var found []string
	for _, i := range tops {
		if f.x.module[i].part.tests {
			continue
		}
		for _, g := range f.x.allOf(i) {
			if g == f || g.outer != nil || g.hole(noCursor).kind == HoleWritten {
				continue
			}
			if g.class == nil || site.mentions.attrs[g.name] || isSpecialName(g.name) {
				found = append(found, g.qualified)
			}
		}
	}
	return found
}

// registrations are the definitions that a decorator hands to the function: @f.register.
func (f *function) registrations() []int {
	var found []int
	for _, i := range f.x.decorated {
		m := f.x.module[i]
		for _, d := range m.decorators {
			if f.class == nil && i != f.top && strings.HasPrefix(string(m.part.src[d.Start+1:d.End]), f.name+".") {
				found = append(found, i)
			}
		}
	}
	return found
}

// newSlice is the slice that the function's unit needs.
func (f *function) newSlice(main bool) *slice {
	if f.top < 0 {
		s := f.x.newSlice(-1, main)
		s.missing = f.name
		return s
	}
	s := f.x.newSlice(f.top, main || f.x.module[f.top].main)
	s.need(f.x.module[f.top].names().uses)
	return s
}

// keepEarly adds to prelude what of the slice can come before the unit; the rest it returns.
func (f *function) keepEarly(s *slice, prelude map[int]bool) (late map[int]bool) {
	late = s.late()
	for i := range s.in {
		if !late[i] {
			prelude[i] = true
		}
	}
	return late
}

// fragments are the statements as fragments, in file order; those that are only offered
// are marked so.
func (x *index) fragments(needed map[int]bool, offered []int) []Fragment {
	order := slices.Collect(maps.Keys(needed))
	for _, i := range offered {
		if !needed[i] {
			order = append(order, i)
		}
	}
	slices.Sort(order)
	fragments := make([]Fragment, 0, len(order))
	for _, i := range order {
		fragment := x.module[i].fragment()
		fragment.Offered = !needed[i]
		fragments = append(fragments, fragment)
	}
	return fragments
}

// withSetup is the site's check with the late statements it needs before its code.
func (f *function) withSetup(s *site, late map[int]bool) Check {
	c := s.Check
	if c.Kind == CheckDoctest {
		return c
	}
	setup := map[int]bool{}
	for i := range late {
		if i < s.before && i != s.at {
			setup[i] = true
		}
	}
	if len(setup) == 0 {
		return c
	}
	var code strings.Builder
	line := 0
	put := func(text string, at int) {
		if line == 0 {
			c.Line = at
		} else {
			code.WriteByte('\n')
			for line++; line < at; line++ {
				code.WriteByte('\n')
			}
		}
		code.WriteString(text)
		line = max(line, at) + strings.Count(text, "\n")
	}
	own := c.Line
	for _, fragment := range f.x.fragments(setup, nil) {
		put(fragment.Text, fragment.Line)
	}
	put(c.Code, own)
	c.Code = code.String()
	return c
}

// isImportOf says whether m imports from the given modules and nothing else.
func (m *moduleStmt) isImportOf(modules map[string]bool) bool {
	if m.kind != stmtSimple || m.word != "import" && m.word != "from" {
		return false
	}
	sc := scanner{src: m.part.src[:m.end], pos: m.start}
	word := m.part.word(sc.next())
	expect := true // a module's name comes next
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		if expect && !modules[m.part.word(t)] {
			return false
		}
		expect = m.part.word(t) == ","
		if word == "from" {
			break
		}
	}
	return !m.names().broken
}
