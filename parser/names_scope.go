package parser

// This file walks what opens a scope or binds names in a form of its own.

// function: def f(a, b=1) -> int: body. Defaults and annotations are read where the
// def stands, the body when it is called.
func (w *walker) function(n *node) {
	var params, body *node
	for i, k := range n.kids {
		switch {
		case i == 0 && k.kind == "identifier":
			w.bind(w.content(k))
		case k.kind == "parameters":
			params = k
			if w.scope.kind == scopeModule {
				w.names.params = w.parameterNames(k)
			}
			w.defaults(k)
		case k.kind == "block":
			body = k
		default:
			w.walk(k)
		}
	}
	w.enter(scopeFunction)
	if params != nil {
		w.parameters(params)
	}
	if body != nil {
		w.walk(body)
	}
	w.leave()
}

// parameterNames are the names of plain parameters, in order.
func (w *walker) parameterNames(params *node) []string {
	var found []string
	for _, p := range params.kids {
		for len(p.kids) > 0 && p.kind != "identifier" {
			p = p.kids[0]
		}
		if p.kind == "identifier" {
			found = append(found, w.content(p))
		}
	}
	return found
}

// defaults walks the annotations and default values of parameters.
func (w *walker) defaults(params *node) {
	for _, p := range params.kids {
		switch p.kind {
		case "default_parameter", "typed_default_parameter", "typed_parameter":
			if len(p.kids) > 0 {
				w.walkAll(p.kids[1:])
			}
		case "ERROR":
			w.walk(p)
		}
	}
}

// parameters binds them.
func (w *walker) parameters(params *node) {
	for _, p := range params.kids {
		switch p.kind {
		case "identifier":
			w.bind(w.content(p))
		case "default_parameter", "typed_default_parameter", "typed_parameter":
			if len(p.kids) > 0 {
				w.target(p.kids[0])
			}
		case "ERROR":
		default: // *args, **kwargs, (a, b) of Python 2
			w.targets(p.kids)
		}
	}
}

func (w *walker) class(n *node) {
	for i, k := range n.kids {
		switch {
		case i == 0 && k.kind == "identifier":
			w.bind(w.content(k))
		case k.kind == "block":
			w.enter(scopeClass)
			w.walk(k)
			w.leave()
		default:
			w.walk(k)
		}
	}
}

func (w *walker) lambda(n *node) {
	body := n.kids
	var params *node
	if len(n.kids) > 0 && n.kids[0].kind == "lambda_parameters" {
		params, body = n.kids[0], n.kids[1:]
		w.defaults(params)
	}
	w.enter(scopeFunction)
	if params != nil {
		w.parameters(params)
	}
	w.walkAll(body)
	w.leave()
}

// comprehension: the first iterable is read outside, all else in a scope of its own.
func (w *walker) comprehension(n *node) {
	var first *node
	for _, k := range n.kids {
		if k.kind == "for_in_clause" && len(k.kids) > 1 {
			first = k
			w.walkAll(k.kids[1:])
			break
		}
	}
	w.enter(scopeComprehension)
	for _, k := range n.kids {
		if k == first {
			w.target(k.kids[0])
			continue
		}
		w.walk(k)
	}
	w.leave()
}

// imports binds the names of import statements: a.b binds a, a as b binds b.
func (w *walker) imports(ns []*node) {
	for _, n := range ns {
		switch n.kind {
		case "dotted_name":
			if len(n.kids) > 0 {
				w.bind(w.content(n.kids[0]))
			}
		case "aliased_import":
			if len(n.kids) > 0 {
				w.bind(w.content(n.kids[len(n.kids)-1]))
			}
		case "wildcard_import":
			w.names.star = true
		case "ERROR":
			w.names.broken = true
		}
	}
}

// importFrom: from m import a, b as c. A future import has no module among its kids.
func (w *walker) importFrom(n *node) {
	kids := n.kids
	if n.kind == "import_from_statement" && len(kids) > 0 {
		kids = kids[1:]
	}
	w.imports(kids)
}

func (w *walker) declare(n *node) {
	for _, k := range n.kids {
		name := w.content(k)
		w.use(name)
		if w.scope.outer != nil {
			w.scope.outer[name] = true
		}
	}
}

// pattern: a name alone in a case captures, dotted names and classes are read.
func (w *walker) pattern(n *node) {
	for _, k := range n.kids {
		switch k.kind {
		case "dotted_name":
			if len(k.kids) == 1 {
				w.bind(w.content(k))
			} else if len(k.kids) > 1 {
				w.use(w.content(k.kids[0]))
			}
		case "class_pattern":
			if len(k.kids) > 0 {
				if name := k.kids[0]; len(name.kids) > 0 {
					w.use(w.content(name.kids[0]))
				}
				w.patterns(k.kids[1:])
			}
		case "keyword_pattern":
			w.patterns(k.kids[min(1, len(k.kids)):])
		case "splat_pattern":
			w.targets(k.kids)
		case "as_pattern":
			w.patterns(k.kids[:max(len(k.kids)-1, 0)])
			if len(k.kids) > 0 {
				w.target(k.kids[len(k.kids)-1])
			}
		default:
			w.patterns(k.kids)
		}
	}
}

func (w *walker) patterns(ns []*node) {
	for _, n := range ns {
		w.pattern(&node{kind: "case_pattern", kids: []*node{n}})
	}
}
