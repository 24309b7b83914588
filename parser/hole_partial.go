package parser

import (
	"slices"
	"strings"
)

// partialHole: the hole is the whole body, of which the text up to the cursor, or up to
// what is not Python, is begun.
func (f *function) partialHole(rest []*stmt, cursor int) hole {
	src := f.part.src
	last := rest[len(rest)-1]
	end := f.end
	for _, c := range f.part.commentsIn(Span{end, lineEnd(src, end)}) {
		end = c.End
	}
	cut := f.cutAtCursor(rest, cursor)
	var bad *stmt
	if cut < 0 {
		bad = f.firstBad(rest)
		if bad == nil && declaresOnly(rest) {
			bad = last
		}
		if bad == nil {
			return f.written()
		}
		switch {
		case bad.end < last.end:
			cut = lineStart(src, bad.start)
		case bad.colon >= 0 || declaresOnly(rest):
			cut = lineEnd(src, bad.end) // a block that lacks its next line
		default:
			cut = bad.end
		}
		if cursor > rest[0].start && cursor <= lineEnd(src, end) {
			cut = cursor
		}
	}
	h := hole{kind: HolePartial}
	h.lead, h.Start, h.flush = f.lead(rest[0])
	h.End = max(end, cut)
	if line, ok := blankLine(src, cut); ok {
		h.End = max(end, line.End)
		cut = line.Start
	}
	if line, ok := blankLine(src, cursor); ok && cursor > h.End && cursor <= f.region().End && cursor < f.next() {
		h.End = line.End // the cursor waits on a line below
	}
	if cut > rest[0].start {
		outer := leadingSpace(src, f.start)
		own := strings.TrimPrefix(f.indentation(f.part.step()), outer)
		h.begun = own + dedent(src, Span{rest[0].start, cut}, f.indent)
		if bad != nil && (bad.colon >= 0 || declaresOnly(rest)) && !strings.HasSuffix(h.begun, "\n") && cut != cursor {
			h.begun += f.part.newline()
		}
	}
	return h
}

// declaresOnly says whether a body has nothing yet but global declarations.
func declaresOnly(ss []*stmt) bool {
	return !slices.ContainsFunc(ss, func(s *stmt) bool { return s.word != "global" })
}

// cutAtCursor is the cursor if the body ends at it, else -1. It does so on a blank line
// below a last statement that neither returns nor raises, and behind a last line that
// so far is only a name or a word that wants more.
func (f *function) cutAtCursor(rest []*stmt, cursor int) int {
	if cursor == noCursor || len(rest) == 0 {
		return -1
	}
	src, last := f.part.src, rest[len(rest)-1]
	if cursor > f.end && cursor <= lineEnd(src, f.end) {
		between := strings.Trim(string(src[f.end:cursor]), " \t")
		if between == "" && f.wantsMore(f.leaf()) {
			return cursor // return and a blank
		}
		return -1
	}
	if cursor > f.end {
		line, blank := blankLine(src, cursor)
		col, _ := columnFrom(src, line.Start)
		if !blank || cursor >= f.next() || cursor > f.region().End || line.Start < lineEnd(src, f.end) || col <= f.indent {
			return -1
		}
		if last.word == "return" || last.word == "raise" {
			return -1
		}
		if strings.TrimSpace(string(src[lineEnd(src, f.end):cursor])) != "" {
			return -1 // a comment stands between
		}
		return cursor
	}
	leaf := f.leaf()
	if cursor == leaf.end && (f.wantsMore(leaf) || f.endsInNewWord(leaf)) {
		return cursor
	}
	return -1
}

// leaf is the function's last simple statement.
func (f *function) leaf() *stmt {
	s := f.stmt
	for len(s.body) > 0 {
		s = s.body[len(s.body)-1]
	}
	return s
}

// endsInNewWord says whether a simple statement ends in a name that stands nowhere else
// in the function and means nothing in its file: one that is still being typed.
func (f *function) endsInNewWord(s *stmt) bool {
	if s.kind != stmtSimple {
		return false
	}
	sc := scanner{src: f.part.src[:s.end], pos: f.head}
	words := map[string]int{}
	var last, before token
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		before, last = last, t
		if t.kind == tokName {
			words[f.part.word(t)]++
		}
	}
	word := f.part.word(last)
	return last.kind == tokName && f.part.word(before) != "." && words[word] == 1 && !keywords[word] && !f.x.isDefined(word)
}

var keywords = wordSet(`False None True and as assert async await break class continue def del elif else
	except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield`)

// wantsMore says whether a simple statement is only a dotted name, or a keyword alone
// that as a rule is followed by something.
func (f *function) wantsMore(s *stmt) bool {
	if s.kind != stmtSimple {
		return false
	}
	switch string(f.part.src[s.start:s.end]) {
	case "pass", "break", "continue":
		return false
	}
	sc := scanner{src: f.part.src[:s.end], pos: s.start}
	dotted := true
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		isDot := f.part.word(t) == "."
		if !isDot && (t.kind != tokName || !dotted) {
			return false
		}
		dotted = isDot
	}
	return true
}

// firstBad is the first statement of a body that is not Python yet, or nil.
func (f *function) firstBad(body []*stmt) *stmt {
	suspect := f.suspect()
	var visit func(ss []*stmt) *stmt
	visit = func(ss []*stmt) *stmt {
		for _, s := range ss {
			if s.kind == stmtDef && s.colon >= 0 && len(s.body) == 0 {
				continue // an unwritten function within this one
			}
			if s.broken || s.isEmptyBlock() || suspect && f.x.malformed(f.part, s) {
				return s
			}
			if bad := visit(s.body); bad != nil {
				return bad
			}
			if s.word == "try" && !s.hasClause("except", "finally") {
				return s
			}
		}
		return nil
	}
	return visit(body)
}

// hasClause says whether a clause of the statement begins with one of the words.
func (s *stmt) hasClause(words ...string) bool {
	return slices.ContainsFunc(s.body, func(c *stmt) bool { return c.clause && slices.Contains(words, c.word) })
}

// malformed says whether a simple statement, or the header of a compound one, is not
// Python when it stands alone.
func (x *index) malformed(p *part, s *stmt) bool {
	if s.colon < 0 {
		if s.kind == stmtBlock {
			return true
		}
		return x.cache.names(p.text(s)).broken
	}
	header := dedent(p.src, Span{s.start, s.colon}, s.indent)
	switch s.word {
	case "elif":
		header = strings.TrimPrefix(header, "el")
	case "except", "finally":
		header = "try: pass\n" + header
	case "else", "try", "case":
		return false
	}
	return x.cache.names(header + " pass").broken
}
