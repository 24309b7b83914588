package parser

import "strings"

// names is what a statement has to do with the names of its module.
type names struct {
	binds map[string]bool // names it gives a value: x = 1, def f, import m
	uses  map[string]use  // names it reads and does not bind in a scope of its own
	attrs map[string]bool // names behind a dot
	// changes are names whose value it changes in place: x.append(1), x[0] = 1, x += [1].
	changes map[string]bool
	// asked are names a method of whose value it calls: s in assert s.pop() == 1.
	asked map[string]bool
	// calls are the names, or the roots of attributes, that it calls when it runs.
	calls   map[string]bool
	params  []string // the parameters of a def
	star    bool     // from m import *
	asserts bool     // an assert stands in it, in a function of it too
	effects bool     // running it reaches outside: input(), sys.exit(), parse_args(), sockets
	broken  bool     // it is not Python
	legacy  bool     // it is Python 2
}

// A use says when a name is read.
type use uint8

const (
	useNow   use = 1 << iota // when the statement runs
	useLater                 // when a function that it defines is called
)

// A scope is where names are bound while a tree is walked.
type scope struct {
	kind   scopeKind
	parent *scope
	bound  map[string]bool
	outer  map[string]bool // declared global or nonlocal
	used   map[string]bool
}

type scopeKind uint8

const (
	scopeModule scopeKind = iota
	scopeClass
	scopeFunction
	scopeComprehension
)

type walker struct {
	text  []byte
	names *names
	scope *scope
}

// namesOf reads the names of one statement.
func namesOf(text []byte) *names {
	n := &names{binds: map[string]bool{}, uses: map[string]use{}, attrs: map[string]bool{},
		changes: map[string]bool{}, asked: map[string]bool{}, calls: map[string]bool{}}
	tree := parseTree(text)
	if tree == nil {
		n.fromTokens(text)
		return n
	}
	w := &walker{text: text, names: n, scope: &scope{kind: scopeModule, bound: n.binds, used: map[string]bool{}}}
	w.walk(tree)
	for name := range w.scope.used {
		n.uses[name] |= useNow
	}
	return n
}

// fromTokens reads names roughly, for text that has no tree: whatever is no attribute
// is used, and what a first = follows is bound.
func (n *names) fromTokens(text []byte) {
	sc := scanner{src: text}
	before := ""
	var first string
	for i := 0; ; i++ {
		t := sc.next()
		if t.kind == tokEnd {
			return
		}
		word := string(text[t.start:min(t.end, t.start+maxNameBytes)])
		switch {
		case t.kind == tokName && before == ".":
			n.attrs[word] = true
		case t.kind == tokName:
			n.uses[word] |= useNow
			if i == 0 {
				first = word
			}
		case i == 1 && word == "=" && first != "":
			n.binds[first] = true
			delete(n.uses, first)
		}
		before = word
	}
}

const maxNameBytes = 200

func (w *walker) content(n *node) string { return string(w.text[n.start:n.end]) }

func (w *walker) use(name string) { w.scope.used[name] = true }

func (w *walker) bind(name string) {
	s := w.scope
	if s.outer[name] {
		w.names.changes[name] = true
		return
	}
	s.bound[name] = true
}

// enter opens a scope; leave closes it and hands the names that it did not bind to the
// scope around it.
func (w *walker) enter(kind scopeKind) {
	w.scope = &scope{kind: kind, parent: w.scope, bound: map[string]bool{}, outer: map[string]bool{}, used: map[string]bool{}}
}

func (w *walker) leave() {
	s := w.scope
	w.scope = s.parent
	to := s.parent
	for s.kind == scopeFunction && to.kind == scopeClass {
		to = to.parent // a method does not see the names of its class
	}
	for name := range s.used {
		switch {
		case s.bound[name]:
		case to.kind == scopeModule && s.kind == scopeFunction:
			w.names.uses[name] |= useLater
		default:
			to.used[name] = true
		}
	}
}

// later says whether what is walked now runs only when a function is called.
func (w *walker) later() bool {
	for s := w.scope; s != nil; s = s.parent {
		if s.kind == scopeFunction {
			return true
		}
	}
	return false
}

func (w *walker) walk(n *node) {
	if n.missing || n.kind == "ERROR" {
		w.names.broken = true
	}
	switch n.kind {
	case "identifier":
		w.use(w.content(n))
	case "attribute":
		w.attribute(n)
	case "keyword_argument":
		w.walkAll(n.kids[min(1, len(n.kids)):])
	case "assignment":
		w.assignment(n)
	case "augmented_assignment":
		if len(n.kids) > 0 {
			w.walk(n.kids[0])
			w.change(n.kids[0])
		}
		w.walkAll(n.kids)
	case "expression_statement":
		w.expression(n)
	case "call":
		w.call(n)
	case "for_statement", "for_in_clause":
		if len(n.kids) > 0 {
			w.target(n.kids[0])
			w.walkAll(n.kids[1:])
		}
	case "as_pattern_target":
		w.targets(n.kids)
	case "named_expression":
		w.namedExpression(n)
	case "function_definition":
		w.function(n)
	case "class_definition":
		w.class(n)
	case "lambda":
		w.lambda(n)
	case "list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression":
		w.comprehension(n)
	case "import_statement":
		w.imports(n.kids)
	case "import_from_statement", "future_import_statement":
		w.importFrom(n)
	case "global_statement", "nonlocal_statement":
		w.declare(n)
	case "case_pattern":
		w.pattern(n)
	case "type_alias_statement":
		if len(n.kids) > 0 {
			w.targets(n.kids[0].kids)
			w.walkAll(n.kids[1:])
		}
	case "print_statement", "exec_statement":
		w.names.legacy = true
		w.walkAll(n.kids)
	case "integer", "comparison_operator", "string":
		w.names.legacy = w.names.legacy || w.isLegacy(n)
		w.walkAll(n.kids)
	case "assert_statement":
		w.names.asserts = true
		w.walkAll(n.kids)
	default:
		w.walkAll(n.kids)
	}
}

// isLegacy knows a few forms that the grammar takes and Python 3 does not.
func (w *walker) isLegacy(n *node) bool {
	switch text := w.content(n); n.kind {
	case "integer":
		octal := len(text) > 1 && text[0] == '0' && isDigit(text[1]) && strings.Trim(text, "0_") != ""
		return octal || strings.HasSuffix(text, "L") || strings.HasSuffix(text, "l")
	case "string":
		return strings.HasPrefix(text, "`") || strings.HasPrefix(strings.ToLower(text), "ur")
	}
	for i := 1; i < len(n.kids); i++ {
		if strings.TrimSpace(string(w.text[n.kids[i-1].end:n.kids[i].start])) == "<>" {
			return true
		}
	}
	return false
}

func (w *walker) walkAll(ns []*node) {
	for _, n := range ns {
		w.walk(n)
	}
}

func (w *walker) attribute(n *node) {
	if len(n.kids) == 0 {
		return
	}
	last := len(n.kids) - 1
	w.walkAll(n.kids[:last])
	w.names.attrs[w.content(n.kids[last])] = true
}

// assignment: x = 1, x: int = 1, a = b = 1. The value is walked first.
func (w *walker) assignment(n *node) {
	if len(n.kids) == 0 {
		return
	}
	w.walkAll(n.kids[1:])
	annotationOnly := len(n.kids) == 2 && n.kids[1].kind == "type"
	if !annotationOnly {
		w.target(n.kids[0])
	}
}

// target binds what is assigned to: names bind, x.a and x[0] change x.
func (w *walker) target(n *node) {
	switch n.kind {
	case "identifier":
		w.bind(w.content(n))
	case "attribute", "subscript":
		w.walk(n)
		w.change(n)
	default:
		w.targets(n.kids)
	}
}

func (w *walker) targets(ns []*node) {
	for _, n := range ns {
		w.target(n)
	}
}

// change notes that the name at the root of n has its value changed.
func (w *walker) change(n *node) {
	if name := w.root(n); name != "" && !w.later() {
		w.names.changes[name] = true
	}
}

// root is the name that a chain of attributes, items and calls begins with: x in x.a[0]().
func (w *walker) root(n *node) string {
	for len(n.kids) > 0 && (n.kind == "attribute" || n.kind == "subscript" || n.kind == "call") {
		n = n.kids[0]
	}
	if n.kind == "identifier" {
		return w.content(n)
	}
	return ""
}

// expression: a bare call x.append(1) may change x.
func (w *walker) expression(n *node) {
	if len(n.kids) == 1 && n.kids[0].kind == "call" && len(n.kids[0].kids) > 0 && n.kids[0].kids[0].kind == "attribute" {
		w.change(n.kids[0])
	}
	w.walkAll(n.kids)
}

func (w *walker) namedExpression(n *node) {
	if len(n.kids) == 0 {
		return
	}
	w.walkAll(n.kids[1:])
	inner := w.scope
	for w.scope.kind == scopeComprehension {
		w.scope = w.scope.parent
	}
	w.target(n.kids[0])
	w.scope = inner
}

// call notes calls that reach outside the program.
func (w *walker) call(n *node) {
	if len(n.kids) > 0 && !w.later() {
		if reachesOutside(w.content(n.kids[0]), w.content(n)) {
			w.names.effects = true
		}
		w.names.calls[w.root(n)] = true
		if n.kids[0].kind == "attribute" {
			w.names.asked[w.root(n)] = true
		}
	}
	w.walkAll(n.kids)
}
