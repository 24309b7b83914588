package parser

import (
	"bytes"
	"slices"
	"sort"
	"sync"
)

// A part is one source of a module: the file itself, a file of tests beside it, or another
// cell of its notebook.
type part struct {
	src      []byte
	path     string // "" for the file itself
	tests    bool   // a file of tests
	root     *stmt
	comments []comment
	lines    []int // where each physical line begins
	step     func() string
}

func newPart(src []byte, path string) *part {
	p := &part{src: src, path: path}
	var ls []line
	if len(src) <= maxSource {
		ls, p.comments = lines(src)
	}
	p.root = statements(src, ls)
	p.lines = physicalLines(src)
	p.step = sync.OnceValue(p.findStep)
	return p
}

// maxSource is the longest source that is read at all.
const maxSource = 64 << 20

func physicalLines(src []byte) []int {
	starts := []int{0}
	for i := 0; i < len(src); {
		i = lineEnd(src, i)
		if i < len(src) {
			i = afterNewline(src, i)
			starts = append(starts, i)
		}
	}
	return starts
}

// line is the number, from 1, of the physical line that holds offset.
func (p *part) line(offset int) int {
	return sort.SearchInts(p.lines, offset+1)
}

// text is the source of a statement with its own indentation removed.
func (p *part) text(s *stmt) string { return dedent(p.src, s.span(), s.indent) }

// A moduleStmt is a statement at module level. The statements under
// if __name__ == "__main__": count as such, marked main.
type moduleStmt struct {
	*stmt
	part *part
	main bool
	// names and the fragment are made on first need.
	names    func() *names
	fragment func() Fragment
	// inner are its functions if it stands in another part than the file itself; those of
	// the file are the index's own.
	inner func() []*function
}

// An index is what a File knows of itself: its statements, functions and checks.
// It is built once and only read afterwards.
type index struct {
	parts     []*part
	module    []*moduleStmt
	functions []*function
	decorated []int                  // module statements with decorators
	byName    map[string][]*function // functions that do not stand in others
	cache     *cache
	binders   func() map[string][]int // which module statements bind or change a name
	sites     func() []*site
	mu        sync.Mutex
	harmless  map[int]bool               // see isHarmless; guarded by mu
	byValue   map[*names]map[string]bool // see usesByValue; guarded by mu
	// standardImports are the harmless statements that import from Python's library.
	standardImports func() []int
}

func newIndex(f *File) *index {
	x := &index{cache: f.cache, harmless: map[int]bool{}, byValue: map[*names]map[string]bool{}}
	x.parts = append(x.parts, newPart(f.src, ""))
	for _, t := range f.tests {
		p := newPart(withoutImport(t.File.src, f.module), t.Path)
		p.tests = !f.cells
		x.parts = append(x.parts, p)
	}
	for _, p := range x.parts[1 : 1+f.before] {
		x.add(p)
	}
	x.add(x.parts[0])
	for _, p := range x.parts[1+f.before:] {
		x.add(p)
	}
	x.functions = x.findFunctions()
	x.byName = map[string][]*function{}
	for _, fn := range x.functions {
		if fn.outer == nil {
			x.byName[fn.name] = append(x.byName[fn.name], fn)
		}
	}
	for i, m := range x.module {
		if len(m.decorators) > 0 {
			x.decorated = append(x.decorated, i)
		}
	}
	x.binders = sync.OnceValue(x.findBinders)
	x.sites = sync.OnceValue(x.findSites)
	x.standardImports = sync.OnceValue(x.findStandardImports)
	return x
}

// add takes in the statements of a part, behind those of the parts before it.
func (x *index) add(p *part) {
	for _, s := range p.root.body {
		if isMainGuard(p.src, s) {
			for _, inner := range s.body {
				if inner.clause {
					continue
				}
				x.module = append(x.module, x.moduleStmt(p, inner, true))
			}
			continue
		}
		x.module = append(x.module, x.moduleStmt(p, s, false))
	}
}

func (x *index) moduleStmt(p *part, s *stmt, main bool) *moduleStmt {
	i := len(x.module)
	return &moduleStmt{stmt: s, part: p, main: main,
		names:    sync.OnceValue(func() *names { return x.namesOf(p, s) }),
		fragment: sync.OnceValue(func() Fragment { return x.fragmentOf(i) }),
		inner:    sync.OnceValue(func() []*function { return x.functionsIn(i) }),
	}
}

// isMainGuard says whether s is if __name__ == "__main__":
func isMainGuard(src []byte, s *stmt) bool {
	if s.word != "if" || s.colon < 0 {
		return false
	}
	sc := scanner{src: src[:s.colon], pos: s.head}
	var words [6]string
	for i := range words {
		t := sc.next()
		words[i] = string(src[t.start:t.end])
	}
	return words[1] == "__name__" && words[2] == "==" && (words[3] == `"__main__"` || words[3] == `'__main__'`) && words[4] == ":"
}

// namesOf reads the names of a statement, of a class member by member, so that an edit
// within a long class costs one member.
func (x *index) namesOf(p *part, s *stmt) *names {
	if s.kind != stmtClass || s.colon < 0 || len(s.body) == 0 || s.body[0].inline {
		n := x.cache.names(p.text(s))
		isFixture := s.kind == stmtDef && p.isFixture(s) && len(n.params) > 0
		if isFixture || s.broken && !n.broken {
			n = n.clone()
			n.broken = n.broken || s.broken
		}
		if isFixture {
			n.useParameters()
		}
		return n
	}
	header := dedent(p.src, Span{s.start, s.colon}, s.indent)
	all := x.cache.names(header + " pass").clone()
	members := map[string]bool{}
	for _, m := range s.body {
		n := x.namesOf(p, m)
		for name, u := range n.uses {
			if u == useNow && members[name] {
				continue
			}
			all.uses[name] |= u
		}
		for name := range n.attrs {
			all.attrs[name] = true
		}
		for name := range n.binds {
			members[name] = true
		}
		all.asserts = all.asserts || n.asserts
		all.effects = all.effects || n.effects
		all.broken = all.broken || n.broken
		all.legacy = all.legacy || n.legacy
	}
	return all
}

// isFixture says whether a def is decorated as a fixture of pytest, so that its
// parameters name others.
func (p *part) isFixture(s *stmt) bool {
	return slices.ContainsFunc(s.decorators, func(d Span) bool {
		return bytes.Contains(p.src[d.Start:d.End], []byte("fixture"))
	})
}

// useParameters counts the parameters as names that are read.
func (n *names) useParameters() {
	for _, p := range n.params {
		n.uses[p] |= useLater
	}
}

func (n *names) clone() *names {
	c := *n
	c.binds, c.attrs, c.changes = copySet(n.binds), copySet(n.attrs), copySet(n.changes)
	c.asked = copySet(n.asked)
	c.uses = make(map[string]use, len(n.uses))
	for name, u := range n.uses {
		c.uses[name] = u
	}
	return &c
}

func copySet(set map[string]bool) map[string]bool {
	c := make(map[string]bool, len(set))
	for name := range set {
		c[name] = true
	}
	return c
}

// findBinders reads the names of all module statements but defs and classes, whose own
// name is all that they bind. Changing a value counts only where an assignment of the
// module made it: TABLE.append(1) stays within the module, sys.path.append("") does not.
func (x *index) findBinders() map[string][]int {
	binders := map[string][]int{}
	variables := map[string]bool{} // names that assignments bind
	for i, s := range x.module {
		if s.kind == stmtDef || s.kind == stmtClass {
			name := string(s.part.src[s.name.Start:s.name.End])
			binders[name] = append(binders[name], i)
			continue
		}
		n := s.names()
		for name := range n.binds {
			binders[name] = append(binders[name], i)
			variables[name] = variables[name] || s.kind == stmtSimple && s.word != "import" && s.word != "from"
		}
		if n.star {
			binders[starImport] = append(binders[starImport], i)
		}
	}
	for i, s := range x.module {
		if s.kind == stmtDef || s.kind == stmtClass {
			continue
		}
		n := s.names()
		for name := range n.changes {
			if variables[name] && !n.binds[name] {
				binders[name] = append(binders[name], i)
				sort.Ints(binders[name])
			}
		}
	}
	return binders
}

// starImport stands, among the names that statements bind, for those of from m import *.
const starImport = "*"

// A cache keeps the names of statements by their text. Files that come of edits share
// one, so that an edit costs the statements it touches.
type cache struct {
	mu    sync.Mutex
	known map[string]*names
	bytes int
}

// maxCacheBytes bounds the text kept in a cache; beyond it the cache starts again.
const maxCacheBytes = 16 << 20

func (c *cache) names(text string) *names {
	c.mu.Lock()
	n, ok := c.known[text]
	c.mu.Unlock()
	if ok {
		return n
	}
	n = namesOf([]byte(text))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bytes+len(text) > maxCacheBytes || c.known == nil {
		c.known, c.bytes = map[string]*names{}, 0
	}
	c.known[text] = n
	c.bytes += len(text)
	return n
}
