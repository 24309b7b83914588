package parser

import (
	"strings"
	"sync"
)

// A function is one def of the file with its place among the statements.
type function struct {
	*stmt
	x         *index
	part      *part
	top       int       // the module statement that holds it
	class     *stmt     // the class it is a method of, or nil
	outer     *function // the function it stands in, or nil
	name      string
	qualified string // as __qualname__: "C.m", "f.<locals>.g"

	depth int // of functions around it

	whole sync.Once // makes spec
	spec  *Spec
	// atRest is the hole without a cursor, suspect whether the text is not Python.
	atRest  func() hole
	suspect func() bool
}

func (x *index) newFunction(fn *function) *function {
	fn.x = x
	if fn.outer != nil {
		fn.depth = fn.outer.depth + 1
	}
	fn.atRest = sync.OnceValue(func() hole { return fn.findHole(noCursor) })
	fn.suspect = sync.OnceValue(fn.isSuspect)
	return fn
}

// maxNesting is how deep functions may stand in one another to be parsed each.
const maxNesting = 20

// isSuspect says whether the function's text is not Python. What stands in a function
// that is Python is so too.
func (f *function) isSuspect() bool {
	if f.broken {
		return true
	}
	if f.depth > maxNesting || f.outer != nil && !f.outer.suspect() {
		return false
	}
	return f.x.cache.names(f.part.text(f.stmt)).broken
}

// findFunctions finds every def of the file itself, in file order.
func (x *index) findFunctions() []*function {
	var found []*function
	for i, s := range x.module {
		if s.part == x.parts[0] {
			found = append(found, x.functionsIn(i)...)
		}
	}
	return found
}

// functionsIn finds every def within module statement i, of whichever part.
func (x *index) functionsIn(i int) []*function {
	var found []*function
	p := x.module[i].part
	var visit func(s *stmt, class *stmt, outer *function, prefix string)
	visit = func(s *stmt, class *stmt, outer *function, prefix string) {
		switch s.kind {
		case stmtDef:
			name := string(p.src[s.name.Start:s.name.End])
			f := x.newFunction(&function{stmt: s, part: p, top: i, class: class, outer: outer, name: name, qualified: prefix + name})
			found = append(found, f)
			class, outer, prefix = nil, f, f.qualified+".<locals>."
		case stmtClass:
			class, prefix = s, prefix+string(p.src[s.name.Start:s.name.End])+"."
		}
		for _, inner := range s.body {
			visit(inner, class, outer, prefix)
		}
	}
	visit(x.module[i].stmt, nil, nil, "")
	return found
}

// docstring is the function's docstring statement and its value, or nil.
func (f *function) docstring() (*stmt, string) {
	if len(f.body) == 0 {
		return nil, ""
	}
	if value, ok := docstringOf(f.part.src, f.body[0]); ok {
		return f.body[0], value
	}
	return nil, ""
}

// rest is the body without the docstring.
func (f *function) rest() []*stmt {
	if doc, _ := f.docstring(); doc != nil {
		return f.body[1:]
	}
	return f.body
}

// next is where the line of the first statement after the function begins.
func (f *function) next() int {
	for s := f.stmt; s.parent != nil; s = s.parent {
		if s.at+1 < len(s.parent.body) {
			return lineStart(f.part.src, s.parent.body[s.at+1].start)
		}
	}
	return len(f.part.src)
}

// region is what belongs to the function: its lines, and below them the blank lines and
// its own comments before the next statement.
func (f *function) region() Span {
	start, end := lineStart(f.part.src, f.start), f.next()
	for _, c := range f.part.commentsIn(Span{f.end, end}) {
		if c.alone && c.indent <= f.indent {
			end = lineStart(f.part.src, c.Start)
			break
		}
	}
	return Span{start, end}
}

// commentsIn are the comments that begin within a span.
func (p *part) commentsIn(in Span) []comment {
	lo, hi := 0, len(p.comments)
	for lo < hi {
		if mid := (lo + hi) / 2; p.comments[mid].Start < in.Start {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	end := lo
	for end < len(p.comments) && p.comments[end].Start < in.End {
		end++
	}
	return p.comments[lo:end]
}

// declares says whether the function is there to be declared only: an overload, an
// abstract method, a method of a protocol. Its body is not to be written.
func (f *function) declares() bool {
	for _, d := range f.decorators {
		name := strings.TrimSpace(string(f.part.src[d.Start+1 : d.End]))
		name = name[strings.LastIndexByte(name, '.')+1:]
		if name == "overload" || strings.HasPrefix(name, "abstract") {
			return true
		}
	}
	return f.class != nil && strings.Contains(f.bases(), "Protocol")
}

// bases is the header of the function's class behind its name.
func (f *function) bases() string {
	if f.class.colon < 0 {
		return ""
	}
	return string(f.part.src[f.class.name.End:f.class.colon])
}

// indentation is the white space before the lines of the body.
func (f *function) indentation(step string) string {
	src := f.part.src
	if len(f.body) > 0 && !f.body[0].inline {
		return leadingSpace(src, f.body[0].start)
	}
	header := max(f.colon, f.stmt.name.End)
	in := Span{header, f.next()}
	for _, c := range f.part.commentsIn(in) {
		if c.alone && c.indent > f.indent {
			return leadingSpace(src, c.Start)
		}
	}
	if blank, ok := f.indentedBlank(header); ok {
		return string(src[blank.Start:blank.End])
	}
	return leadingSpace(src, f.start) + step
}

// indentedBlank is the content of the first line after the one that holds from which
// is blank and stands further right than the def, if only blank lines come before it.
func (f *function) indentedBlank(from int) (Span, bool) {
	src, end := f.part.src, f.next()
	for i := lineEnd(src, from); i < end; {
		i = afterNewline(src, i)
		col, first := columnFrom(src, i)
		if first < len(src) && src[first] != '\n' && src[first] != '\r' {
			break
		}
		if col > f.indent {
			return Span{i, first}, true
		}
		i = first
	}
	return Span{}, false
}

// leadingSpace is the white space at the start of the line that holds offset.
func leadingSpace(src []byte, offset int) string {
	start := lineStart(src, offset)
	end := start
	if start == 0 {
		start = bomLength(src)
		end = start
	}
	for end < len(src) && (src[end] == ' ' || src[end] == '\t') {
		end++
	}
	return string(src[start:end])
}

// findStep finds the file's unit of indentation: the one most of its first blocks use.
func (p *part) findStep() string {
	count := map[string]int{}
	best := "    "
	seen := 0
	var visit func(s *stmt)
	visit = func(s *stmt) {
		for _, inner := range s.body {
			if seen >= maxStepBlocks {
				return
			}
			if s.parent != nil && inner == s.body[0] && !inner.inline {
				outer, own := leadingSpace(p.src, s.start), leadingSpace(p.src, inner.start)
				if step, ok := strings.CutPrefix(own, outer); ok && step != "" {
					seen++
					if count[step]++; count[step] > count[best] {
						best = step
					}
				}
			}
			visit(inner)
		}
	}
	visit(p.root)
	return best
}

const maxStepBlocks = 50

// newline is the file's line ending.
func (p *part) newline() string {
	if i := lineEnd(p.src, 0); i+1 < len(p.src) && p.src[i] == '\r' && p.src[i+1] == '\n' {
		return "\r\n"
	}
	return "\n"
}
