package parser

import (
	"iter"
	"strings"
)

// The scanner cuts source into Python's tokens. It judges nothing: any bytes give
// tokens, and what is not Python comes out as operators of one byte. Bytes from 0x80
// on belong to names, whatever the file's encoding.

type tokenKind uint8

const (
	tokEnd     tokenKind = iota // the end of the source
	tokName                     // a name or a keyword
	tokNumber                   // a number, as far as letters, digits and dots go
	tokString                   // a whole string literal with its prefix; f-strings with their fields
	tokOp                       // an operator or a delimiter
	tokComment                  // from # to the end of the line
	tokNewline                  // the end of a physical line
)

type token struct {
	kind       tokenKind
	start, end int
	// unclosed marks a string that its line, or the file, ends before it does.
	unclosed bool
}

type scanner struct {
	src []byte
	pos int
	// cutStrings ends a triple-quoted string before a line that stands further left
	// than the string's own and begins like a statement: the way to read a file whose
	// last triple quote is missing.
	cutStrings bool
}

// next is the token at or after the position, white space and continued lines skipped.
func (s *scanner) next() token { return s.nextIn(0) }

// nextIn is next within so many nested replacement fields of f-strings.
func (s *scanner) nextIn(nesting int) token {
	s.skipSpace()
	start := s.pos
	if start >= len(s.src) {
		return token{kind: tokEnd, start: len(s.src), end: len(s.src)}
	}
	c := s.src[start]
	switch {
	case c == '\n' || c == '\r':
		s.pos = afterNewline(s.src, start)
		return token{kind: tokNewline, start: start, end: s.pos}
	case c == '#':
		s.pos = lineEnd(s.src, start)
		return token{kind: tokComment, start: start, end: s.pos}
	case c == '"' || c == '\'':
		return s.string(start, start, nesting)
	case isNameByte(c) && !isDigit(c):
		for s.pos < len(s.src) && isNameByte(s.src[s.pos]) {
			s.pos++
		}
		if s.pos < len(s.src) && (s.src[s.pos] == '"' || s.src[s.pos] == '\'') && isStringPrefix(s.src[start:s.pos]) {
			return s.string(start, s.pos, nesting)
		}
		return token{kind: tokName, start: start, end: s.pos}
	case isDigit(c) || c == '.' && start+1 < len(s.src) && isDigit(s.src[start+1]):
		s.number()
		return token{kind: tokNumber, start: start, end: s.pos}
	}
	s.pos += operatorLength(s.src[start:])
	return token{kind: tokOp, start: start, end: s.pos}
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == ' ' || c == '\t' || c == '\f':
			s.pos++
		case c == '\\' && s.pos+1 < len(s.src) && (s.src[s.pos+1] == '\n' || s.src[s.pos+1] == '\r'):
			s.pos = afterNewline(s.src, s.pos+1)
		default:
			return
		}
	}
}

func (s *scanner) number() {
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		exponentSign := (c == '+' || c == '-') && (s.src[s.pos-1]|0x20) == 'e' && !isHex(s.src, s.pos)
		if !isNameByte(c) && c != '.' && !exponentSign {
			return
		}
		s.pos++
	}
}

// isHex says whether the number that goes on at i began with 0x, where an e is a digit.
func isHex(src []byte, i int) bool {
	for i--; i >= 0 && isNameByte(src[i]); i-- {
		if src[i]|0x20 == 'x' {
			return true
		}
	}
	return false
}

var operators3 = []string{"...", "**=", "//=", "<<=", ">>="}

var operators2 = []string{"->", "==", ":=", "!=", "<=", ">=", "**", "//", "<<", ">>",
	"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@="}

func operatorLength(b []byte) int {
	if len(b) < 2 || !strings.Contains("=*/<>.", string(b[1:2])) {
		return 1
	}
	for _, op := range operators3 {
		if len(b) >= 3 && b[0] == op[0] && b[1] == op[1] && b[2] == op[2] {
			return 3
		}
	}
	for _, op := range operators2 {
		if len(b) >= 2 && b[0] == op[0] && b[1] == op[1] {
			return 2
		}
	}
	return 1
}

// words are the runs of name bytes in a text, whatever else the text is: start and end of each.
func words(text string) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		for i := 0; i < len(text); {
			if !isNameByte(text[i]) {
				i++
				continue
			}
			start := i
			for i < len(text) && isNameByte(text[i]) {
				i++
			}
			if !yield(start, i) {
				return
			}
		}
	}
}

func isNameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c == '_' || c >= 0x80
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isStringPrefix(b []byte) bool {
	if len(b) > 3 {
		return false
	}
	for _, c := range b {
		switch c | 0x20 {
		case 'r', 'b', 'u', 'f', 't':
		default:
			return false
		}
	}
	return true
}

// lineEnd is the offset of the line break at or after i, or the end of src.
func lineEnd(src []byte, i int) int {
	for i < len(src) && src[i] != '\n' && src[i] != '\r' {
		i++
	}
	return i
}

// afterNewline is the offset after the line break that begins at i.
func afterNewline(src []byte, i int) int {
	if src[i] == '\r' && i+1 < len(src) && src[i+1] == '\n' {
		return i + 2
	}
	return i + 1
}

// lineStart is the offset of the first byte of the line that holds offset i.
func lineStart(src []byte, i int) int {
	for i > 0 && src[i-1] != '\n' && src[i-1] != '\r' {
		i--
	}
	return i
}

// lineBreakBefore is where the line break that ends before the line start i begins.
func lineBreakBefore(src []byte, i int) int {
	if i >= 2 && src[i-1] == '\n' && src[i-2] == '\r' {
		return i - 2
	}
	return i - 1
}
