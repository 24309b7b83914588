package parser

import "bytes"

// maxFieldNesting bounds f-strings within fields of f-strings; CPython stops at 150.
const maxFieldNesting = 50

// A replacement field may run over line breaks (PEP 701), in one-line f-strings too. How
// far is bounded, so that fields that never close cost little.
const (
	maxFieldBytes       = 500     // beyond the line, for a one-line f-string
	maxTripleFieldBytes = 1 << 16 // in all, for a triple-quoted one
	maxFailedFields     = 4       // after so many, braces of a triple-quoted f-string are text
)

// string scans the literal whose prefix begins at start and whose quotes begin at quote.
func (s *scanner) string(start, quote, nesting int) token {
	prefix, q := s.src[start:quote], s.src[quote]
	body := quote + 1
	triple := quote+2 < len(s.src) && s.src[quote+1] == q && s.src[quote+2] == q
	if triple {
		body = quote + 3
	}
	lit := literal{quote: q, triple: triple, raw: bytes.ContainsAny(prefix, "rR")}
	if bytes.ContainsAny(prefix, "fFtT") && nesting < maxFieldNesting {
		lit.fields = true
	}
	if s.cutStrings && triple {
		lit.indent = s.column(start)
	}
	end, closed := s.literal(body, lit, nesting)
	s.pos = end
	return token{kind: tokString, start: start, end: end, unclosed: !closed}
}

// A literal is what a string's prefix and quotes say about its content.
type literal struct {
	quote  byte
	triple bool
	raw    bool
	fields bool // an f-string or a t-string
	indent int  // of the line it begins on; used with cutStrings only
}

// literal scans the content from i. It answers with the end, quotes included.
func (s *scanner) literal(i int, lit literal, nesting int) (end int, closed bool) {
	failed := 0
	for i < len(s.src) {
		switch c := s.src[i]; {
		case c == '\\':
			i = s.escape(i, lit)
		case c == lit.quote:
			if !lit.triple {
				return i + 1, true
			}
			if i+2 < len(s.src) && s.src[i+1] == c && s.src[i+2] == c {
				return i + 3, true
			}
			i++
		case c == '\n' || c == '\r':
			if !lit.triple {
				return i, false
			}
			i = afterNewline(s.src, i)
			if s.cutStrings && s.beginsStatement(i, lit.indent) {
				return lineBreakBefore(s.src, i), false
			}
		case c == '{' && lit.fields:
			if i+1 < len(s.src) && s.src[i+1] == '{' {
				i += 2
				break
			}
			next, ok := s.field(i+1, lit, nesting)
			if ok {
				i = next
				break
			}
			if !lit.triple || nesting > 0 {
				return next, false
			}
			if failed++; failed == maxFailedFields {
				lit.fields = false
			}
			i++
		default:
			i++
		}
	}
	return len(s.src), false
}

// escape is the offset after the backslash at i and what it escapes.
func (s *scanner) escape(i int, lit literal) int {
	i++
	if i >= len(s.src) {
		return i
	}
	switch c := s.src[i]; {
	case c == '\n' || c == '\r':
		return afterNewline(s.src, i)
	case lit.fields && (c == '{' || c == '}'):
		return i
	case lit.fields && !lit.raw && c == 'N' && i+1 < len(s.src) && s.src[i+1] == '{':
		if n := bytes.IndexByte(s.src[i:lineEnd(s.src, i)], '}'); n >= 0 {
			return i + n + 1
		}
	}
	return i + 1
}

// field scans a replacement field of an f-string from behind its brace to behind the
// closing one. If it does not close, the string is at its end.
func (s *scanner) field(i int, lit literal, nesting int) (next int, ok bool) {
	limit, stop := min(len(s.src), i+maxTripleFieldBytes), len(s.src)
	if !lit.triple {
		stop = lineEnd(s.src, i)
		limit = min(len(s.src), stop+maxFieldBytes)
	}
	sub := scanner{src: s.src[:limit], pos: i}
	depth := 0
	for {
		t := sub.nextIn(nesting + 1)
		switch t.kind {
		case tokEnd:
			return stop, false
		case tokString:
			if t.unclosed {
				return stop, false
			}
		case tokOp:
			switch c := s.src[t.start]; {
			case c == '(' || c == '[' || c == '{':
				depth++
			case (c == ')' || c == ']' || c == '}') && depth > 0:
				depth--
			case c == '}':
				return t.end, true
			case c == ':' && depth == 0:
				return s.formatSpec(t.start+1, lit, nesting)
			}
		}
	}
}

// formatSpec scans the format of a replacement field through its closing brace.
func (s *scanner) formatSpec(i int, lit literal, nesting int) (next int, ok bool) {
	for i < len(s.src) {
		switch c := s.src[i]; {
		case c == '}':
			return i + 1, true
		case c == '{':
			if nesting >= maxFieldNesting {
				return i, false
			}
			next, ok := s.field(i+1, lit, nesting+1)
			if !ok {
				return next, false
			}
			i = next
		case !lit.triple && (c == lit.quote || c == '\n' || c == '\r'):
			return i, false
		case lit.triple && c == lit.quote && bytes.HasPrefix(s.src[i:], []byte{c, c, c}):
			return i, false
		case c == '\\':
			i = s.escape(i, lit)
		default:
			i++
		}
	}
	return len(s.src), false
}

// statementWords are the keywords that never begin a line within brackets, and hardly
// ever one of a text that stands further left than its quotes.
var statementWords = map[string]bool{
	"def": true, "class": true, "return": true, "assert": true, "import": true,
	"with": true, "while": true, "try": true, "raise": true, "del": true,
	"global": true, "nonlocal": true, "pass": true, "break": true, "continue": true,
	"elif": true, "except": true, "finally": true,
}

// beginsStatement says whether the line at i stands left of the column indent and
// begins with a word that begins a definition, an import or an assert.
func (s *scanner) beginsStatement(i, indent int) bool {
	col, j := columnFrom(s.src, i)
	if col >= indent {
		return false
	}
	rest := s.src[j:lineEnd(s.src, j)]
	for _, word := range []string{"def ", "class ", "async def ", "assert ", "import ", "from ", "@"} {
		if bytes.HasPrefix(rest, []byte(word)) {
			return true
		}
	}
	return false
}

// column is the indentation of the line that holds offset i.
func (s *scanner) column(i int) int {
	col, _ := columnFrom(s.src, lineStart(s.src, i))
	return col
}

// columnFrom measures the white space at the line start i as CPython does (a tab goes
// to the next multiple of 8, a form feed starts again) and says where it ends.
func columnFrom(src []byte, i int) (col, end int) {
	for ; i < len(src); i++ {
		switch src[i] {
		case ' ':
			col++
		case '\t':
			col = col/8*8 + 8
		case '\f':
			col = 0
		default:
			return col, i
		}
	}
	return col, i
}
