package lsptest

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

// Positions, the slow and obvious way: the judge of the server's Mapper.

// cutLine takes the first line, with its ending, off a text; last says that it has none,
// and that no line follows.
func cutLine(text string) (line, rest string, last bool) {
	i := strings.IndexAny(text, "\r\n")
	if i < 0 {
		return text, "", true
	}
	n := i + 1
	if text[i] == '\r' && strings.HasPrefix(text[n:], "\n") {
		n++
	}
	return text[:n], text[n:], false
}

// width is the length of a text in units of an encoding.
func width(text string, encoding protocol.PositionEncodingKind) int {
	switch encoding {
	case protocol.PositionEncodingKindUTF8:
		return len(text)
	case protocol.PositionEncodingKindUTF32:
		return utf8.RuneCountInString(text)
	}
	return len(utf16.Encode([]rune(text)))
}

// Offset is the byte offset of a position, which must be in the text.
func Offset(text string, p protocol.Position, encoding protocol.PositionEncodingKind) (int, error) {
	offset, rest := 0, text
	for n := uint32(0); ; n++ {
		line, after, last := cutLine(rest)
		if n == p.Line {
			line = strings.TrimRight(line, "\r\n")
			for i := 0; i <= len(line); i++ {
				if (i == len(line) || utf8.RuneStart(line[i])) && width(line[:i], encoding) == int(p.Character) {
					return offset + i, nil
				}
			}
			return 0, fmt.Errorf("character %d of line %d is not in %q", p.Character, p.Line, line)
		}
		if last {
			return 0, fmt.Errorf("line %d of %d", p.Line, n+1)
		}
		offset += len(line)
		rest = after
	}
}

// PositionOf is the position of a byte offset in a text.
func PositionOf(text string, offset int, encoding protocol.PositionEncodingKind) protocol.Position {
	at, rest := 0, text
	for n := uint32(0); ; n++ {
		line, after, last := cutLine(rest)
		if last || offset < at+len(line) {
			part := strings.TrimRight(line, "\r\n")
			return protocol.Position{Line: n, Character: uint32(width(part[:min(offset-at, len(part))], encoding))}
		}
		at += len(line)
		rest = after
	}
}
