package parser

// A slice is the module-level statements that a piece of code needs, by the names it
// reads: those that bind the names, those that change what they bind, and what all
// these need in turn.
type slice struct {
	x    *index
	unit int // the statement that holds the function; never part of the slice
	main bool
	// missing is the function's name where no statement defines it yet.
	missing string
	in      map[int]bool
	seen    map[string]bool
}

func (x *index) newSlice(unit int, main bool) *slice {
	return &slice{x: x, unit: unit, main: main, in: map[int]bool{}, seen: map[string]bool{}}
}

// need adds what the names in uses ask for.
func (s *slice) need(uses map[string]use) {
	var queue []string
	push := func(uses map[string]use) {
		for name := range uses {
			if !s.seen[name] {
				s.seen[name] = true
				queue = append(queue, name)
			}
		}
	}
	push(uses)
	for len(queue) > 0 {
		name := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, i := range s.x.binding(name) {
			if i == s.unit || s.in[i] || !s.admits(i) {
				continue
			}
			s.in[i] = true
			push(s.x.module[i].names().uses)
		}
	}
}

// binding are the statements that may give a name its value: all imports of everything
// where no other statement does.
func (x *index) binding(name string) []int {
	if found := x.binders()[name]; len(found) > 0 || builtinNames[name] {
		return found
	}
	return x.binders()[starImport]
}

// admits says whether statement i may be run for the sake of a name that it binds.
func (s *slice) admits(i int) bool {
	m := s.x.module[i]
	if m.main && !s.main {
		return false
	}
	if m.kind == stmtDef || m.kind == stmtClass {
		return m.compiles() && !s.x.rebindsUnit(i, s.unit)
	}
	n := m.names()
	return !n.effects && !n.broken && !n.legacy
}

// compiles says whether a def or class is Python 3, its unwritten functions filled.
func (m *moduleStmt) compiles() bool {
	n := m.names()
	if m.colon < 0 || n.legacy {
		return false
	}
	return !n.broken || !namesOf([]byte(m.fragment().Text)).broken
}

// rebindsUnit says whether statement i defines a name anew that the unit defines: an
// overload, or an earlier version.
func (x *index) rebindsUnit(i, unit int) bool {
	if unit < 0 || i == unit {
		return false
	}
	a, b := x.module[i], x.module[unit]
	return b.name.End > b.name.Start && string(a.part.src[a.name.Start:a.name.End]) == string(b.part.src[b.name.Start:b.name.End])
}

// late are the statements of the slice that need the unit when they run, not only when
// something they define is called. They cannot come before it.
func (s *slice) late() map[int]bool {
	reaches := s.reaching()
	late := map[int]bool{}
	for i := range s.in {
		for name, u := range s.x.module[i].names().uses {
			if u&useNow != 0 && s.boundBy(name, reaches) {
				late[i] = true
				break
			}
		}
	}
	return late
}

// reaching are the statements of the slice through which the unit can be reached.
func (s *slice) reaching() map[int]bool {
	reaches := map[int]bool{s.unit: true}
	for grew := true; grew; {
		grew = false
		for i := range s.in {
			if reaches[i] {
				continue
			}
			for name := range s.x.module[i].names().uses {
				if s.boundBy(name, reaches) {
					reaches[i] = true
					grew = true
					break
				}
			}
		}
	}
	return reaches
}

// boundBy says whether one of the statements binds or changes the name.
func (s *slice) boundBy(name string, statements map[int]bool) bool {
	if s.missing != "" && name == s.missing {
		return true
	}
	for _, i := range s.x.binders()[name] {
		if statements[i] {
			return true
		}
	}
	return false
}

// follow adds, for code at statement before, the earlier statements that may change the
// state of what late statements made: s.push(1) between s = Stack() and the code.
func (s *slice) follow(before int) {
	for range maxFollow {
		made := map[string]bool{}
		for i := range s.late() {
			if m := s.x.module[i]; m.kind == stmtSimple || m.kind == stmtBlock {
				for name := range m.names().binds {
					made[name] = true
				}
			}
		}
		grew := false
		for k := range before {
			if m := s.x.module[k]; !s.in[k] && k != s.unit && (s.main || !m.main) && m.touches(made) {
				s.in[k] = true
				grew = true
				s.need(m.names().uses)
			}
		}
		if !grew {
			return
		}
	}
}

const maxFollow = 4

// touches says whether running the statement may change one of the values.
func (m *moduleStmt) touches(values map[string]bool) bool {
	if len(values) == 0 || m.kind == stmtDef || m.kind == stmtClass {
		return false
	}
	n := m.names()
	if n.effects || n.broken || n.legacy {
		return false
	}
	for name := range values {
		if n.asked[name] || n.changes[name] || n.uses[name]&useNow != 0 && m.word != "assert" && m.word != "print" && !n.asserts {
			return true
		}
	}
	return false
}
