package parser

import (
	"slices"
	"strings"
)

// Undefined are the names that a body of the spec reads and nothing gives a value: not
// the body, not the file, not Python. They are what imports must be found for.
func (s *Spec) Undefined(body string) []string {
	if s.undefined == nil {
		return nil
	}
	return s.undefined(body)
}

func (f *function) undefinedIn(s *Spec, body string) []string {
	n := f.x.cache.names(s.Filled(body).Text)
	if n.broken || f.x.hasStar() {
		return nil
	}
	var found []string
	for _, name := range sortedNames(n.uses) {
		if !f.x.isDefined(name) && !n.binds[name] && name != f.name {
			found = append(found, name)
		}
	}
	return found
}

// AddImport is the edit that makes the file import name from module, or module itself
// where name is "": the span to replace, an empty one as a rule, and the text for it. ok
// is false where the file imports it already.
//
// A name joins a from-import of the same module that has no brackets; else a line is
// added below the last import of the file's head, or above its first statement.
func (f *File) AddImport(module, name string) (span Span, text string, ok bool) {
	x := f.index()
	p := x.parts[0]
	line := "import " + module
	if name != "" {
		line = "from " + module + " import " + name
	}
	at := headEnd(p)
	for _, s := range p.root.body {
		if s.word != "import" && s.word != "from" || s.broken {
			if !isDocstring(p, s) {
				break
			}
			continue
		}
		imports := importsOf(p, s)
		if slices.Contains(imports, importOf{module, name}) {
			return Span{}, "", false
		}
		if name != "" && s.word == "from" && len(imports) > 0 && imports[0].module == module &&
			!strings.ContainsAny(string(p.src[s.start:s.end]), "()*\\") {
			return Span{s.end, s.end}, ", " + name, true
		}
		at = lineEnd(p.src, s.end)
	}
	nl := p.newline()
	behindText := at > bomLength(p.src) && p.src[at-1] != '\n' && p.src[at-1] != '\r'
	if behindText {
		return Span{at, at}, nl + line, true
	}
	return Span{at, at}, line + nl, true
}

// headEnd is where a first import belongs: at the end of the line of the module's
// docstring or of the comments at its top, or at its start.
func headEnd(p *part) int {
	at := 0
	for _, c := range p.comments {
		if !c.alone || strings.TrimSpace(string(p.src[at:c.Start])) != "" && at > 0 || at == 0 && c.Start > bomLength(p.src) {
			break
		}
		at = c.End
	}
	if len(p.root.body) > 0 && isDocstring(p, p.root.body[0]) {
		at = lineEnd(p.src, p.root.body[0].end)
	}
	if at == 0 {
		at = bomLength(p.src)
	}
	return at
}

func isDocstring(p *part, s *stmt) bool {
	_, ok := docstringOf(p.src, s)
	return ok && s == p.root.body[0]
}

// An importOf is one thing that an import statement imports: a module, or a name of it.
type importOf struct{ module, name string }

func importsOf(p *part, s *stmt) []importOf {
	m := masker{src: p.src}
	sc := scanner{src: p.src[:s.end], pos: s.start}
	sc.next()
	module := ""
	if s.word == "from" {
		for t := sc.next(); t.kind != tokEnd && p.word(t) != "import"; t = sc.next() {
			module += p.word(t)
		}
	}
	var found []importOf
	for _, c := range m.clauses(s, &sc) {
		switch {
		case c[0] != c[1]: // under another name
			found = append(found, importOf{module, ""})
		case s.word == "from":
			found = append(found, importOf{module, c[0]})
		default:
			found = append(found, importOf{c[0], ""})
		}
	}
	return found
}
