package parser

import "strings"

// A hole is where a function's body goes and what must stand around it.
type hole struct {
	Span
	kind HoleKind
	// lead goes between the hole's start and the body: a line break, and what the
	// hole takes away and must give back.
	lead string
	tail string // goes behind the body
	// flush: the hole begins behind the indentation of the body's first line.
	flush bool
	// begun is the text of a partial body so far.
	begun string
}

// noCursor stands for the offset of a cursor where there is none.
const noCursor = -1

// hole says what stands where the body is to be. With a cursor, a blank line it is on
// is the place for a missing body, and a body that ends at it is partial.
func (f *function) hole(cursor int) hole {
	if cursor == noCursor {
		return f.atRest()
	}
	return f.findHole(cursor)
}

func (f *function) findHole(cursor int) hole {
	if f.colon < 0 || f.declares() {
		return f.written()
	}
	rest := f.rest()
	if len(rest) == 0 {
		return f.emptyHole(cursor)
	}
	if f.allPlaceholders(rest) {
		return f.placeholderHole(rest)
	}
	if opensString(f.part.src, f.body[0]) {
		return f.written() // a docstring is being typed
	}
	return f.partialHole(rest, cursor)
}

func (f *function) written() hole {
	h := hole{Span: Span{f.end, f.end}, kind: HoleWritten, flush: true}
	if rest := f.rest(); len(rest) > 0 {
		h.Span = Span{rest[0].start, rest[len(rest)-1].end}
		h.lead, h.Start, h.flush = f.lead(rest[0])
	}
	return h
}

// lead is what must come before a body that replaces the statements from first on, and
// where its hole begins. Where first has a line of its own that is nothing; else a line
// break, with the docstring if that stands on the def's line.
func (f *function) lead(first *stmt) (lead string, start int, flush bool) {
	src, nl := f.part.src, f.part.newline()
	doc, _ := f.docstring()
	switch {
	case first.inline && doc != nil:
		return nl + f.indentation(f.part.step()) + string(src[doc.start:doc.end]) + nl, f.colon, false
	case first.inline:
		return nl, f.colon, false
	case doc != nil && doc.end > lineStart(src, first.start):
		return nl, doc.end, false
	}
	return "", first.start, true
}

// emptyHole: no body, at most a docstring and comments.
func (f *function) emptyHole(cursor int) hole {
	src, nl := f.part.src, f.part.newline()
	anchor := f.colon
	doc, _ := f.docstring()
	if doc != nil {
		anchor = doc.end
	}
	for _, c := range f.part.commentsIn(Span{anchor, f.next()}) {
		if cursor != noCursor && c.alone && c.Start > cursor || c.alone && c.indent <= f.indent {
			break
		}
		anchor = c.End
	}
	h := hole{kind: HoleEmpty}
	if doc != nil && doc.inline { // def f(): "doc"
		h.Span = Span{f.colon, lineEnd(src, anchor)}
		h.lead = string(src[doc.end:h.End]) + nl + f.indentation(f.part.step()) + string(src[doc.start:doc.end]) + nl
		return h
	}
	if blank, ok := blankLine(src, cursor); ok && blank.Start > anchor && blank.Start < f.region().End+1 {
		h.Span = blank
		return h
	}
	if blank, ok := f.indentedBlank(anchor); ok {
		h.Span = blank
		return h
	}
	end := lineEnd(src, anchor)
	h.Span = Span{end, end}
	h.lead = nl
	return h
}

// blankLine is the content of the line that holds offset, if it is blank.
func blankLine(src []byte, offset int) (Span, bool) {
	if offset < 0 || offset > len(src) {
		return Span{}, false
	}
	line := Span{lineStart(src, offset), lineEnd(src, offset)}
	return line, strings.TrimLeft(string(src[line.Start:line.End]), " \t\f") == ""
}

// allPlaceholders says whether every statement is pass, ... or raise NotImplementedError.
func (f *function) allPlaceholders(ss []*stmt) bool {
	for _, s := range ss {
		if s.kind != stmtSimple || s.broken {
			return false
		}
		text := string(f.part.src[s.start:s.end])
		if text == "pass" || text == "..." {
			continue
		}
		sc := scanner{src: f.part.src[:s.end], pos: s.start}
		raise, what := sc.next(), sc.next()
		if f.part.word(raise) != "raise" || f.part.word(what) != "NotImplementedError" {
			return false
		}
	}
	return true
}

func (p *part) word(t token) string { return string(p.src[t.start:t.end]) }

func (f *function) placeholderHole(rest []*stmt) hole {
	src := f.part.src
	h := hole{kind: HolePlaceholder}
	h.lead, h.Start, h.flush = f.lead(rest[0])
	h.End = rest[len(rest)-1].end
	for _, c := range f.part.commentsIn(Span{h.End, lineEnd(src, h.End)}) {
		switch text := string(src[h.End:c.End]); {
		case mayBeCheck(string(src[c.Start:c.End])):
		case h.flush:
			h.End = c.End // a note to oneself that goes with the placeholder
		default:
			h.lead = text + h.lead // def f(): ...  # stays beside the signature
			h.End = c.End
		}
	}
	return h
}

// opensString says whether s begins with a string that does not close.
func opensString(src []byte, s *stmt) bool {
	sc := scanner{src: src[:s.end], pos: s.start}
	t := sc.next()
	return t.kind == tokString && t.unclosed
}
