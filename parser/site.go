package parser

import (
	"sort"
	"strings"
)

// A site is a place that checks something, whatever function it is about. A spec's
// checks are the sites that call its function.
type site struct {
	Check
	// before is how many module statements have run when the site runs; all of them
	// for tests and doctests.
	before int
	at     int  // the module statement it is part of, -1 if none
	main   bool // it stands under if __name__ == "__main__":
	// mentions are the names that decide which functions the site is about, needs
	// those that it takes to run it.
	mentions *names
	needs    *names
	// session is the docstring of a doctest.
	session *session
}

// A session is one docstring with examples: they share their names.
type session struct {
	owner *function // nil for docstrings of classes and modules
	class *stmt
}

// findSites finds the sites of all parts: those of docstrings first, then in file order.
func (x *index) findSites() []*site {
	doctests := x.doctestSites()
	var sites []*site
	for i, m := range x.module {
		sites = append(sites, x.statementSites(i, m)...)
	}
	for _, p := range x.parts {
		sites = append(sites, x.commentSites(p)...)
	}
	sort.SliceStable(sites, func(i, j int) bool {
		a, b := sites[i], sites[j]
		if a.Path != b.Path {
			return a.before < b.before
		}
		return a.Span.Start < b.Span.Start
	})
	return append(doctests, sites...)
}

// statementSites are the sites of one module statement.
func (x *index) statementSites(i int, m *moduleStmt) []*site {
	switch m.kind {
	case stmtDef:
		if isTestName(x.nameOf(m)) && m.isPython3() && !x.isUnwritten(m) {
			return []*site{x.testSite(i, m, m.stmt, x.nameOf(m))}
		}
	case stmtClass:
		if x.isTestClass(m) {
			return x.testMethods(i, m)
		}
	case stmtBlock:
		if m.isPython3() && (m.names().asserts || x.raisesBlock(m)) {
			return []*site{x.assertSite(i, m)}
		}
	case stmtSimple:
		if (m.word == "assert" || x.callsAsserting(m)) && m.isPython3() {
			return []*site{x.assertSite(i, m)}
		}
	}
	return nil
}

// isPython3 says whether a statement compiles, as far as the grammar knows.
func (m *moduleStmt) isPython3() bool {
	n := m.names()
	return !m.broken && !n.broken && !n.legacy
}

func (x *index) nameOf(m *moduleStmt) string {
	return string(m.part.src[m.name.Start:m.name.End])
}

func isTestName(name string) bool { return strings.HasPrefix(name, "test") }

// isUnwritten says whether a def at module level has a hole for a body.
func (x *index) isUnwritten(m *moduleStmt) bool {
	f := x.newFunction(&function{stmt: m.stmt, part: m.part})
	return m.colon < 0 || f.hole(noCursor).kind != HoleWritten
}

func (x *index) assertSite(i int, m *moduleStmt) *site {
	return &site{
		Check:  Check{Kind: CheckAssert, Span: m.span(), Line: m.part.line(m.start), Code: m.part.text(m.stmt), Path: m.part.path},
		before: i, at: i, main: m.main, mentions: m.names(), needs: m.names(),
	}
}

// raisesBlock says whether m is with pytest.raises(...): or the like.
func (x *index) raisesBlock(m *moduleStmt) bool {
	return m.word == "with" && m.colon >= 0 && strings.Contains(string(m.part.src[m.start:m.colon]), "raises(")
}

// callsAsserting says whether m is a bare call of a function of the module that asserts.
func (x *index) callsAsserting(m *moduleStmt) bool {
	sc := scanner{src: m.part.src[:m.end], pos: m.start}
	name, paren := sc.next(), sc.next()
	if name.kind != tokName || paren.kind != tokOp || m.part.word(paren) != "(" {
		return false
	}
	called := m.part.word(name)
	if isTestName(called) || called == "assert" {
		return false
	}
	for _, j := range x.binders()[called] {
		if d := x.module[j]; d.kind == stmtDef && d.names().asserts {
			return true
		}
	}
	return false
}

// isTestClass says whether a class is collected as tests: a unittest.TestCase, or one
// whose name begins with Test.
func (x *index) isTestClass(m *moduleStmt) bool {
	if m.colon < 0 {
		return false
	}
	return strings.Contains(string(m.part.src[m.name.End:m.colon]), "TestCase") || strings.HasPrefix(x.nameOf(m), "Test")
}

func (x *index) testSite(i int, m *moduleStmt, test *stmt, name string) *site {
	n := m.names()
	if len(n.params) > 0 { // fixtures
		n = n.clone()
		n.useParameters()
	}
	return &site{
		Check: Check{Kind: CheckTest, Span: test.span(), Line: m.part.line(m.start), Code: m.part.text(m.stmt),
			Test: name, Path: m.part.path},
		before: len(x.module), at: i, main: m.main, mentions: n, needs: n,
	}
}

// testMethods are the tests of a class. What its other methods mention counts for each.
func (x *index) testMethods(i int, m *moduleStmt) []*site {
	var sites []*site
	shared := &names{uses: map[string]use{}, attrs: map[string]bool{}}
	for _, inner := range m.body {
		if !isTestMethod(m.part, inner) {
			shared.merge(x.namesOf(m.part, inner))
		}
	}
	for _, inner := range m.body {
		if !isTestMethod(m.part, inner) {
			continue
		}
		name := string(m.part.src[inner.name.Start:inner.name.End])
		s := x.testSite(i, m, inner, x.nameOf(m)+"."+name)
		own := &names{uses: map[string]use{}, attrs: map[string]bool{}}
		own.merge(x.namesOf(m.part, inner))
		own.merge(shared)
		s.mentions = own
		sites = append(sites, s)
	}
	return sites
}

func isTestMethod(p *part, s *stmt) bool {
	return s.kind == stmtDef && isTestName(string(p.src[s.name.Start:s.name.End]))
}

// merge adds what o uses and which attributes it mentions.
func (n *names) merge(o *names) {
	for name, u := range o.uses {
		n.uses[name] |= u
	}
	for name := range o.attrs {
		n.attrs[name] = true
	}
}

// doctestSites are the examples of the file's docstrings.
func (x *index) doctestSites() []*site {
	var sites []*site
	for _, p := range x.parts {
		if len(p.root.body) > 0 {
			sites = append(sites, x.examplesOf(p, p.root.body[0], &session{})...)
		}
	}
	for _, f := range x.functions {
		if len(f.body) > 0 {
			sites = append(sites, x.examplesOf(f.part, f.body[0], &session{owner: f})...)
		}
	}
	for _, m := range x.module {
		if m.kind == stmtClass && len(m.body) > 0 {
			sites = append(sites, x.examplesOf(m.part, m.body[0], &session{class: m.stmt})...)
		}
	}
	return sites
}

func (x *index) examplesOf(p *part, s *stmt, in *session) []*site {
	doc, ok := docstringOf(p.src, s)
	if !ok || !strings.Contains(doc, ">>>") {
		return nil
	}
	found, _ := examples(doc)
	first := p.line(s.start)
	var sites []*site
	for _, e := range found {
		if optionSkip.MatchString(e.source) {
			continue
		}
		line := min(first+e.line, len(p.lines))
		last := min(line+e.lines, len(p.lines))
		start := p.lines[line-1]
		for start < s.end && (p.src[start] == ' ' || p.src[start] == '\t') {
			start++
		}
		end := min(lineEnd(p.src, p.lines[max(last-2, line-1)]), s.end)
		n := x.cache.names(e.source)
		sites = append(sites, &site{
			Check: Check{Kind: CheckDoctest, Span: Span{min(start, end), end}, Line: line,
				Code: strings.TrimSuffix(e.source, "\n"), Want: e.want, Path: p.path},
			before: len(x.module), at: -1, mentions: n, needs: n, session: in,
		})
	}
	return sites
}
