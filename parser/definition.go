package parser

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Definition is what a module has for those that import it: a function, a class, a
// constant, or a name that it imports itself.
type Definition struct {
	Name string
	// Stub is the definition as code that compiles, without bodies: a function's signature
	// and the first line of its docstring; of a class also its constructor, public methods
	// and attributes with short values; a constant's assignment where it is short. "" for
	// what is imported.
	Stub string
	// From is where an imported name comes from. A Name of * stands for all of a module.
	From     Import
	Function bool
	name     int // where Name stands in Stub
}

// Public says whether other modules are meant to use it.
func (d Definition) Public() bool { return !strings.HasPrefix(d.Name, "_") }

// As is the stub with another name, "m.f" or "g", in the place of the definition's own.
func (d Definition) As(name string) string {
	return d.Stub[:d.name] + name + d.Stub[min(d.name+len(d.Name), len(d.Stub)):]
}

// Bounds of what a stub shows: a value or an attribute that is longer is left out, and the
// first line of a docstring is cut.
const (
	maxValueBytes   = 100
	maxSummaryBytes = 160
	maxBlockDepth   = 8
)

// Definitions are the definitions of a module, in file order; of a name that is given
// several times the last one counts, as it does in Python.
func Definitions(src []byte) []Definition {
	p := newPart(src, "")
	var list []Definition
	at := map[string]int{}
	add := func(d Definition) {
		if d.Name == "" {
			return
		}
		if i, known := at[d.Name]; known && d.Name != starImport {
			list[i] = d
			return
		}
		at[d.Name] = len(list)
		list = append(list, d)
	}
	var visit func(body []*stmt, depth int)
	visit = func(body []*stmt, depth int) {
		for _, s := range body {
			switch {
			case s.kind == stmtBlock:
				if depth < maxBlockDepth && !isMainGuard(src, s) {
					visit(s.body, depth+1)
				}
			case s.broken:
			case s.kind == stmtDef && s.colon >= 0:
				add(p.functionStub(s))
			case s.kind == stmtClass && s.colon >= 0:
				add(p.classStub(s))
			case s.word == "import" || s.word == "from":
				for _, i := range importsOf(p, s) {
					add(Definition{Name: i.binds(), From: i})
				}
			case s.kind == stmtSimple:
				add(p.constantStub(s))
			}
		}
	}
	visit(p.root.body, 0)
	return list
}

// binds is the name that an import gives a value, "" for that of a.b: it stands for a.
func (i Import) binds() string {
	switch {
	case i.As != "":
		return i.As
	case i.Name != "":
		return i.Name
	case strings.Contains(i.Module, "."):
		return ""
	}
	return i.Module
}

func (p *part) functionStub(s *stmt) Definition {
	d := Definition{Name: string(p.src[s.name.Start:s.name.End]), Function: true}
	header := dedent(p.src, Span{s.start, s.colon}, s.indent)
	d.name = len(dedent(p.src, Span{s.start, s.name.Start}, s.indent))
	d.Stub = header + " ..."
	if doc := p.summary(s); doc != "" {
		d.Stub = header + "\n    " + doc + "\n    ..."
	}
	return d
}

func (p *part) classStub(s *stmt) Definition {
	d := Definition{Name: string(p.src[s.name.Start:s.name.End])}
	d.name = len(dedent(p.src, Span{s.start, s.name.Start}, s.indent))
	var b strings.Builder
	b.WriteString(dedent(p.src, Span{s.start, s.colon}, s.indent))
	empty := b.Len()
	member := func(text string) {
		if text != "" {
			b.WriteString("\n    " + strings.ReplaceAll(universalNewlines(text), "\n", "\n    "))
		}
	}
	member(p.summary(s))
	for _, m := range s.body {
		switch {
		case m.broken:
		case m.kind == stmtDef && m.colon >= 0 && !p.replacesProperty(m):
			if name := string(p.src[m.name.Start:m.name.End]); name == "__init__" || !strings.HasPrefix(name, "_") {
				member(dedent(p.src, Span{m.start, m.colon}, m.indent) + " ...")
			}
		case m.kind == stmtSimple:
			if c := p.constantStub(m); c.Public() && !strings.HasSuffix(c.Stub, elided) {
				member(c.Stub)
			}
		}
	}
	if b.Len() == empty {
		b.WriteString(" ...")
	}
	d.Stub = b.String()
	return d
}

// replacesProperty says whether a method is the setter or deleter of a property.
func (p *part) replacesProperty(s *stmt) bool {
	for _, d := range s.decorators {
		if text := p.src[d.Start:d.End]; bytes.HasSuffix(text, []byte(".setter")) || bytes.HasSuffix(text, []byte(".deleter")) {
			return true
		}
	}
	return false
}

// summary is the first line of a docstring as a literal of its own, "" where there is
// none or it cannot stand between triple quotes.
func (p *part) summary(s *stmt) string {
	if len(s.body) == 0 {
		return ""
	}
	doc, _ := docstringOf(p.src, s.body[0])
	line, _, _ := strings.Cut(cleanDoc(doc), "\n")
	line = strings.TrimSpace(line)
	if len(line) > maxSummaryBytes {
		line = strings.ToValidUTF8(line[:maxSummaryBytes], "") + "…"
	}
	if line == "" || strings.ContainsAny(line, "\\\r\x00") || strings.Contains(line, `"""`) || strings.HasSuffix(line, `"`) || !utf8.ValidString(line) {
		return ""
	}
	return `"""` + line + `"""`
}

// elided stands for a value that is not shown.
const elided = " = ..."

// constantStub is x = 1, x: int or x: int = 1. A value that is long, or whose name says
// that it is a secret, is left out; anything else has no name.
func (p *part) constantStub(s *stmt) Definition {
	sc := scanner{src: p.src[:s.end], pos: s.start}
	name, sign := sc.next(), sc.next()
	if name.kind != tokName || s.kind != stmtSimple || p.word(sign) != "=" && p.word(sign) != ":" {
		return Definition{}
	}
	d := Definition{Name: p.word(name)}
	text := dedent(p.src, s.span(), s.indent)
	if len(text) <= maxValueBytes && !strings.ContainsAny(text, "\r\n") && !namesSecret(d.Name) {
		d.Stub = text
		return d
	}
	d.Stub = d.Name + elided
	return d
}

var secretWords = []string{"secret", "password", "passwd", "passphrase", "credential", "apikey", "api_key", "private_key", "access_key"}

// namesSecret says whether a name is one that values are given which nobody is to see.
func namesSecret(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, "token") ||
		slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(name, w) })
}
