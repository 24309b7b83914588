package parser

import (
	"slices"
)

// The body is not written yet, so nobody knows what it will need. What it may use
// without harm is offered beside what is needed for certain.

// maxOfferBytes bounds the text that is offered to one function, about 2,000 tokens of a
// prompt; what stands nearest goes first. PreludeFor finds the rest once there is a body.
const maxOfferBytes = 8 << 10

// isHarmless says whether module statement i may run although nothing asks for it:
// definitions, constants and imports of the standard library that need only such. What
// calls a function of the module to make a value may run long, and other imports may
// fail.
func (x *index) isHarmless(i int) bool {
	x.mu.Lock()
	known, ok := x.harmless[i]
	x.mu.Unlock()
	if ok {
		return known
	}
	// What is reached is as harmless as the worst of it; a statement found harmless
	// says so for all that it reaches.
	reached := []int{i}
	seen := map[int]bool{i: true}
	harmless := true
	for k := 0; k < len(reached) && harmless; k++ {
		j := reached[k]
		harmless = x.harmlessAlone(j)
		for name := range x.module[j].names().uses {
			for _, next := range x.binders()[name] {
				if !seen[next] {
					seen[next] = true
					reached = append(reached, next)
				}
			}
		}
		for _, name := range x.boundNames(j) {
			for _, next := range x.binders()[name] {
				if !seen[next] {
					seen[next] = true
					reached = append(reached, next)
				}
			}
		}
	}
	if !harmless {
		reached = reached[:1]
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, j := range reached {
		x.harmless[j] = harmless
	}
	return harmless
}

// boundNames are the names a statement binds, or changes as far as that counts.
func (x *index) boundNames(i int) []string {
	m := x.module[i]
	if m.kind == stmtDef || m.kind == stmtClass {
		return []string{x.nameOf(m)}
	}
	var found []string
	n := m.names()
	for name := range n.binds {
		found = append(found, name)
	}
	for name := range n.changes {
		if !n.binds[name] && slices.Contains(x.binders()[name], i) {
			found = append(found, name)
		}
	}
	return found
}

func (x *index) harmlessAlone(i int) bool {
	m := x.module[i]
	if m.main || m.part.tests {
		return false
	}
	switch m.kind {
	case stmtDef:
		return m.compiles() && !isTestName(x.nameOf(m))
	case stmtClass:
		return m.compiles() && !x.isTestClass(m)
	}
	if m.word == "import" || m.word == "from" {
		return m.isImportOf(standardModules)
	}
	n := m.names()
	if n.effects || n.broken || n.legacy || n.asserts || len(x.boundNames(i)) == 0 {
		return false
	}
	for name, u := range n.uses {
		if u&useNow != 0 && !x.isPlainValue(name, n.calls[name]) {
			return false
		}
	}
	return true
}

// isPlainValue says whether reading a name, or calling it, cannot fail or take long:
// builtins but for those that reach outside, modules that only compute, variables, and
// classes that are not called.
func (x *index) isPlainValue(name string, called bool) bool {
	bound := x.binders()[name]
	if len(bound) == 0 {
		return builtinNames[name] && !outsideBuiltins[name]
	}
	for _, i := range bound {
		m := x.module[i]
		switch {
		case m.word == "import" || m.word == "from":
			if !m.isImportOf(computingModules) {
				return false
			}
		case m.kind == stmtDef || m.kind == stmtClass && called:
			return false
		}
	}
	return true
}

var outsideBuiltins = wordSet("open input print exec eval compile __import__ __file__ exit quit breakpoint globals locals vars")

// computingModules are modules of the library whose functions only compute.
var computingModules = wordSet(`__future__ abc array base64 bisect calendar cmath collections copy dataclasses
	datetime decimal enum fractions functools hashlib heapq itertools json keyword logging math numbers
	operator re statistics string struct textwrap types typing unicodedata uuid`)

// offered are the harmless statements for a function, within the budget, that do not
// need its unit when they run.
func (f *function) offered() []int {
	late := map[int]bool{}
	var isLate func(i int) bool
	isLate = func(i int) bool {
		if known, ok := late[i]; ok {
			return known
		}
		late[i] = false
		for name, u := range f.x.module[i].names().uses {
			if u&useNow == 0 {
				continue
			}
			for _, j := range f.x.binders()[name] {
				if j == f.top || j != i && isLate(j) {
					late[i] = true
					return true
				}
			}
		}
		return false
	}
	kept := slices.Clone(f.x.standardImports())
	budget := maxOfferBytes
	offer := func(i int) {
		if i < 0 || i >= len(f.x.module) || i == f.top {
			return
		}
		m := f.x.module[i]
		size := m.end - m.start
		if m.word == "import" || m.word == "from" || size > budget || f.x.rebindsUnit(i, f.top) {
			return
		}
		if f.x.isHarmless(i) && !isLate(i) {
			budget -= size
			kept = append(kept, i)
		}
	}
	for away := 0; away <= len(f.x.module) && budget > maxOfferBytes/100; away++ {
		offer(f.top - away)
		offer(f.top + away)
	}
	return kept
}

// findStandardImports are the harmless statements that import from Python's library.
func (x *index) findStandardImports() []int {
	var found []int
	for i, m := range x.module {
		if (m.word == "import" || m.word == "from") && x.isHarmless(i) {
			found = append(found, i)
		}
	}
	return found
}

// PreludeFor is the prelude for a certain body: what Prelude needs for certain and what
// the body uses in addition, third-party imports included, and nothing else.
func (s *Spec) PreludeFor(body string) []Fragment {
	if s.preludeFor == nil {
		return slices.Clone(s.Prelude)
	}
	return s.preludeFor(body)
}

func (f *function) preludeFor(needed map[int]bool, body string) []Fragment {
	n := f.x.cache.names(Reindent(body, "", "    "))
	s := f.newSlice(false)
	s.need(n.uses)
	all := map[int]bool{}
	for i := range needed {
		all[i] = true
	}
	f.keepEarly(s, all)
	return f.x.fragments(all, nil)
}
