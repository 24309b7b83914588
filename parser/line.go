package parser

import "bytes"

// A line is one logical line: a statement, a compound statement's header, or several
// statements with semicolons between them. Blank lines and comments are none.
type line struct {
	start, end int  // from its first token through its last, comments left out
	indent     int  // the column it begins in
	opens      bool // ends with a colon
	semicolon  bool // has a semicolon outside brackets
	// broken: a bracket or a string of it does not close, or closes nothing.
	broken bool
}

// A comment is one comment of the source; alone says that nothing stands before it on
// its physical line.
type comment struct {
	Span
	indent int
	alone  bool
}

// lines cuts src into logical lines and comments.
//
// Source is half-typed as a rule, so a bracket that never closes must not swallow the
// file. Some keywords never begin a line within brackets: one that does, or the end of
// the file, shows that the line is broken. It then ends before the first line that does
// not stand further right than itself. Valid source is never cut this way.
func lines(src []byte) ([]line, []comment) {
	c := cutter{scanner: scanner{src: src, pos: bomLength(src)}}
	c.lines = make([]line, 0, len(src)/bytesPerLine)
	c.run()
	if c.unclosedTriple {
		c = cutter{scanner: scanner{src: src, pos: bomLength(src), cutStrings: true}}
		c.run()
	}
	return c.lines, c.comments
}

// bytesPerLine is about what a logical line has, to guess how many a source has.
const bytesPerLine = 30

func bomLength(src []byte) int {
	if bytes.HasPrefix(src, []byte("\xef\xbb\xbf")) {
		return 3
	}
	return 0
}

type cutter struct {
	scanner
	lines          []line
	comments       []comment
	brokenUntil    int // up to here, open brackets end at the first line not further right
	unclosedTriple bool
}

func (c *cutter) run() {
	for {
		t := c.next()
		switch t.kind {
		case tokEnd:
			return
		case tokNewline:
		case tokComment:
			c.comment(t)
		case tokOp:
			if b := c.src[t.start]; b == '%' || b == '!' || b == '?' {
				c.magic(t) // a notebook's line for its shell, not Python
				break
			}
			c.line(t)
		default:
			c.line(t)
		}
	}
}

func (c *cutter) comment(t token) {
	start := lineStart(c.src, t.start)
	col, first := columnFrom(c.src, start)
	c.comments = append(c.comments, comment{Span{t.start, t.end}, col, first == t.start})
}

func (c *cutter) magic(t token) {
	end := lineEnd(c.src, t.start)
	c.lines = append(c.lines, line{start: t.start, end: end, indent: c.indentOf(t.start), broken: true})
	c.pos = end
}

// indentOf is the column of the first token at offset start. A line that is continued
// from blank ones by backslashes has the indentation of its first physical line.
func (c *cutter) indentOf(start int) int {
	begin := lineStart(c.src, start)
	for begin > 0 {
		before := lineStart(c.src, lineBreakBefore(c.src, begin))
		if _, first := columnFrom(c.src, before); c.src[first] != '\\' {
			break
		}
		begin = before
	}
	col, _ := columnFrom(c.src, begin)
	return col
}

// line takes the logical line whose first token is t. It leaves the position at the
// line break that ends it.
func (c *cutter) line(t token) {
	l := line{start: t.start, end: t.start, indent: c.indentOf(t.start)}
	comments := len(c.comments)
	var open []byte // the brackets that are open
	for ; ; t = c.next() {
		switch t.kind {
		case tokEnd:
			if len(open) > 0 && c.retry(&l, comments, len(c.src)) {
				return
			}
			l.broken = l.broken || len(open) > 0
			c.lines = append(c.lines, l)
			return
		case tokComment:
			c.comment(t)
			continue
		case tokNewline:
			if len(open) == 0 {
				c.pos = t.start
				c.lines = append(c.lines, l)
				return
			}
			if c.endsWithin(l, t.end) {
				if !c.retry(&l, comments, t.end) {
					l.broken = true
					c.pos = t.start
					c.lines = append(c.lines, l)
				}
				return
			}
			continue
		case tokString:
			l.opens = false
			if t.unclosed {
				l.broken = true
				c.unclosedTriple = c.unclosedTriple || t.end == len(c.src) && isTriple(c.src[t.start:t.end])
			}
		case tokOp:
			open = c.bracket(&l, open, c.src[t.start])
			alone := len(open) == 0 && t.end == t.start+1
			l.opens = alone && c.src[t.start] == ':'
			l.semicolon = l.semicolon || alone && c.src[t.start] == ';'
		default:
			l.opens = false
		}
		l.end = t.end
	}
}

func isTriple(lit []byte) bool {
	i := bytes.IndexAny(lit, `'"`)
	return i+2 < len(lit) && lit[i+1] == lit[i] && lit[i+2] == lit[i]
}

// bracket follows an operator's effect on the open brackets.
func (c *cutter) bracket(l *line, open []byte, b byte) []byte {
	var opener byte
	switch b {
	case '(', '[', '{':
		return append(open, b)
	case ')':
		opener = '('
	case ']':
		opener = '['
	case '}':
		opener = '{'
	default:
		return open
	}
	if n := len(open); n > 0 && open[n-1] == opener {
		return open[:n-1]
	}
	l.broken = true
	if i := bytes.LastIndexByte(open, opener); i >= 0 {
		return open[:i]
	}
	return open
}

// endsWithin says whether the physical line at i cannot go on within l's open brackets.
func (c *cutter) endsWithin(l line, i int) bool {
	col, first := columnFrom(c.src, i)
	if first >= len(c.src) {
		return false
	}
	sub := scanner{src: c.src, pos: first}
	switch t := sub.next(); t.kind {
	case tokName:
		word := string(c.src[t.start:t.end])
		if statementWords[word] {
			return true
		}
		if word == "async" && string(c.word(&sub)) == "def" || word == "from" && c.importsFrom(&sub) {
			return true
		}
	case tokNewline, tokComment, tokEnd:
		return false
	case tokOp:
		switch c.src[first] {
		case ')', ']', '}':
			return false
		case '@':
			if c.decorates(i) {
				return true
			}
		}
	}
	return i < c.brokenUntil && col <= l.indent
}

// word is the name that is sub's next token, or nothing.
func (c *cutter) word(sub *scanner) []byte {
	if t := sub.next(); t.kind == tokName {
		return c.src[t.start:t.end]
	}
	return nil
}

// importsFrom says whether what follows "from" on this physical line is an import.
func (c *cutter) importsFrom(sub *scanner) bool {
	for {
		t := sub.next()
		switch t.kind {
		case tokName:
			if string(c.src[t.start:t.end]) == "import" {
				return true
			}
		case tokOp:
			if b := c.src[t.start]; b != '.' {
				return false
			}
		default:
			return false
		}
	}
}

// decorates says whether the line at i, which begins with @, is followed by a definition.
func (c *cutter) decorates(i int) bool {
	end := lineEnd(c.src, i)
	if end == len(c.src) {
		return false
	}
	_, first := columnFrom(c.src, afterNewline(c.src, end))
	rest := c.src[first:]
	return bytes.HasPrefix(rest, []byte("def ")) || bytes.HasPrefix(rest, []byte("class ")) ||
		bytes.HasPrefix(rest, []byte("async ")) || bytes.HasPrefix(rest, []byte("@"))
}

// retry goes back to the start of l, which was found to be broken at offset until, to
// cut it earlier. It answers false where that has been done already.
func (c *cutter) retry(l *line, comments, until int) bool {
	if l.start < c.brokenUntil {
		return false
	}
	c.brokenUntil = until
	c.comments = c.comments[:comments]
	c.pos = l.start
	broken := l.broken
	c.line(c.next())
	last := &c.lines[len(c.lines)-1]
	last.broken = last.broken || broken
	return true
}
