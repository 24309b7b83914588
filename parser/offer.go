package parser

import "sort"

// The body is not written yet, so nobody knows what it will need. What it may use
// without harm is offered beside what is needed for certain.

// maxOfferBytes bounds the text that is offered to one function; what stands nearest
// to it goes first. PreludeFor finds the rest once there is a body.
const maxOfferBytes = 32 << 10

// findHarmless says of each module statement whether it may run although nothing asks
// for it: definitions, constants and imports of the standard library that need only
// such. What calls a function of the module to make a value may run long, and other
// imports may fail.
func (x *index) findHarmless() []bool {
	harmless := make([]bool, len(x.module))
	users := map[string][]int{} // the harmless statements that use a name
	var queue []int             // statements found to be none
	condemn := func(i int) {
		if harmless[i] {
			harmless[i] = false
			queue = append(queue, i)
		}
	}
	for i, m := range x.module {
		harmless[i] = x.harmlessAlone(m)
		if !harmless[i] {
			queue = append(queue, i)
			continue
		}
		for name := range m.names().uses {
			users[name] = append(users[name], i)
		}
	}
	for len(queue) > 0 {
		m := x.module[queue[len(queue)-1]]
		queue = queue[:len(queue)-1]
		for name := range m.boundNames() {
			for _, user := range users[name] {
				condemn(user)
			}
			for _, other := range x.binders()[name] {
				condemn(other)
			}
		}
	}
	return harmless
}

// boundNames are the names a statement binds or changes.
func (m *moduleStmt) boundNames() map[string]bool {
	if m.kind == stmtDef || m.kind == stmtClass {
		return map[string]bool{m.part.word(token{start: m.name.Start, end: m.name.End}): true}
	}
	n := m.names()
	if len(n.changes) == 0 {
		return n.binds
	}
	all := copySet(n.binds)
	for name := range n.changes {
		all[name] = true
	}
	return all
}

func (x *index) harmlessAlone(m *moduleStmt) bool {
	if m.main || m.part.path != "" {
		return false
	}
	switch m.kind {
	case stmtDef:
		return m.compiles() && !isTestName(x.nameOf(m))
	case stmtClass:
		return m.compiles() && !x.isTestClass(m)
	}
	if m.word == "import" || m.word == "from" {
		return m.isStandardImport()
	}
	n := m.names()
	if n.effects || n.broken || n.legacy || n.asserts || len(m.boundNames()) == 0 {
		return false
	}
	for name, u := range n.uses {
		if u&useNow != 0 && x.bindsCallable(name) {
			return false
		}
	}
	return true
}

// bindsCallable says whether a def of the module has the name, or nothing has it.
func (x *index) bindsCallable(name string) bool {
	for _, i := range x.binders()[name] {
		if x.module[i].kind == stmtDef {
			return true
		}
	}
	return !builtinNames[name] && len(x.binders()[name]) == 0
}

// offered are the harmless statements for a function, within the budget, that do not
// need its unit when they run.
func (f *function) offered() []int {
	harmless := f.x.harmless()
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
	var found []int
	for i, ok := range harmless {
		if ok && i != f.top && !f.x.rebindsUnit(i, f.top) {
			found = append(found, i)
		}
	}
	sort.Slice(found, func(a, b int) bool { return distance(found[a], f.top) < distance(found[b], f.top) })
	budget := maxOfferBytes
	kept := found[:0]
	for _, i := range found {
		m := f.x.module[i]
		if m.isStandardImport() {
			kept = append(kept, i)
			continue
		}
		if size := m.end - m.start; size <= budget && !isLate(i) {
			budget -= size
			kept = append(kept, i)
		}
	}
	return kept
}

func distance(a, b int) int { return max(a-b, b-a) }

// PreludeFor is the prelude for a certain body: what Prelude needs for certain and what
// the body uses in addition, third-party imports included, and nothing else.
func (s *Spec) PreludeFor(body string) []Fragment { return s.preludeFor(body) }

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
