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

// An Import is what one import statement binds: a module, or a name of it, under another
// name where As is not "".
type Import struct{ Module, Name, As string }

// String is the statement.
func (i Import) String() string {
	as := ""
	if i.As != "" {
		as = " as " + i.As
	}
	if i.Name == "" {
		return "import " + i.Module + as
	}
	return "from " + i.Module + " import " + i.Name + as
}

// AddImport is the edit that makes the file import i: the span to replace, an empty one
// as a rule, and the text for it. ok is false where the file imports it already.
//
// A name joins a from-import of the same module that has no brackets; else a line is
// added below the last import of the file's head, or above its first statement with the
// blank lines around it that PEP 8 asks for.
func (f *File) AddImport(i Import) (span Span, text string, ok bool) {
	x := f.index()
	p := x.parts[0]
	nl := p.newline()
	last := -1 // the end of the last import
	for _, s := range p.root.body {
		if s.word != "import" && s.word != "from" || s.broken {
			if !isDocstring(p, s) {
				break
			}
			continue
		}
		imports := importsOf(p, s)
		if slices.Contains(imports, i) {
			return Span{}, "", false
		}
		if i.Name != "" && i.As == "" && s.word == "from" && len(imports) > 0 && imports[0].Module == i.Module &&
			!strings.ContainsAny(string(p.src[s.start:s.end]), "()*\\") {
			return Span{s.end, s.end}, ", " + i.Name, true
		}
		last = lineEnd(p.src, s.end)
	}
	if last >= 0 {
		return Span{last, last}, nl + i.String(), true
	}
	at := headEnd(p)
	blank := strings.Repeat(nl, blankLinesLacking(p.src[at:], at > bomLength(p.src)))
	if at > bomLength(p.src) {
		return Span{at, at}, nl + nl + i.String() + blank, true
	}
	return Span{at, at}, i.String() + nl + blank, true
}

// blankLinesLacking is how many blank lines must be put before rest, so that two stand
// before a definition and one before anything else. within says that rest begins at the
// end of a line and not at the start of one.
func blankLinesLacking(rest []byte, within bool) int {
	lines := strings.Split(universalNewlines(string(rest)), "\n")
	if within {
		lines = lines[1:]
	}
	blank := 0
	for blank < len(lines) && strings.TrimSpace(lines[blank]) == "" {
		blank++
	}
	for _, line := range lines[blank:] {
		word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case strings.HasPrefix(word, "#") || word == "": // of what follows
		case word == "def" || word == "class" || word == "async" || word[0] == '@':
			return max(0, 2-blank)
		default:
			return max(0, 1-blank)
		}
	}
	return 0
}

// headEnd is where a first import belongs: at the end of the line of the module's
// docstring or of the comments at its top, or at its start. Comments directly above a
// statement are the statement's.
func headEnd(p *part) int {
	if len(p.root.body) > 0 && isDocstring(p, p.root.body[0]) {
		return lineEnd(p.src, p.root.body[0].end)
	}
	at, end := bomLength(p.src), bomLength(p.src)
	for _, c := range p.comments {
		if !c.alone || strings.TrimSpace(string(p.src[end:c.Start])) != "" {
			break
		}
		end = c.End
		below, _, _ := strings.Cut(strings.TrimPrefix(string(p.src[end:]), p.newline()), p.newline())
		text := string(p.src[c.Start:c.End])
		ofFile := strings.HasPrefix(text, "#!") || codingLine.MatchString(text)
		if ofFile || strings.TrimSpace(below) == "" {
			at = end
		}
	}
	return at
}

func isDocstring(p *part, s *stmt) bool {
	_, ok := docstringOf(p.src, s)
	return ok && s == p.root.body[0]
}

// importsOf are the imports of a statement.
func importsOf(p *part, s *stmt) []Import {
	m := masker{src: p.src}
	sc := scanner{src: p.src[:s.end], pos: s.start}
	sc.next()
	module := ""
	if s.word == "from" {
		for t := sc.next(); t.kind != tokEnd && p.word(t) != "import"; t = sc.next() {
			module += p.word(t)
		}
	}
	var found []Import
	for _, c := range m.clauses(s, &sc) {
		i := Import{Module: c[0]}
		if s.word == "from" {
			i = Import{Module: module, Name: c[0]}
		}
		if c[1] != c[0] {
			i.As = c[1]
		}
		found = append(found, i)
	}
	return found
}
