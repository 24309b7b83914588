package lsptest

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

// Positions, the slow and obvious way: the judge of the server's Mapper.

// splitLines are the lines of a text with their endings, the last one perhaps empty.
func splitLines(text string) []string {
	var lines []string
	for {
		i := strings.IndexAny(text, "\r\n")
		if i < 0 {
			return append(lines, text)
		}
		n := i + 1
		if text[i] == '\r' && n < len(text) && text[n] == '\n' {
			n++
		}
		lines = append(lines, text[:n])
		text = text[n:]
	}
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
	lines := splitLines(text)
	if int(p.Line) >= len(lines) {
		return 0, fmt.Errorf("line %d of %d", p.Line, len(lines))
	}
	offset := 0
	for _, l := range lines[:p.Line] {
		offset += len(l)
	}
	line := strings.TrimRight(lines[p.Line], "\r\n")
	for i := 0; i <= len(line); i++ {
		if (i == len(line) || utf8.RuneStart(line[i])) && width(line[:i], encoding) == int(p.Character) {
			return offset + i, nil
		}
	}
	return 0, fmt.Errorf("character %d of line %d is not in %q", p.Character, p.Line, line)
}

// PositionOf is the position of a byte offset in a text.
func PositionOf(text string, offset int, encoding protocol.PositionEncodingKind) protocol.Position {
	at := 0
	lines := splitLines(text)
	for i, l := range lines {
		if offset < at+len(l) || i == len(lines)-1 {
			part := strings.TrimRight(l, "\r\n")
			part = part[:min(offset-at, len(part))]
			return protocol.Position{Line: uint32(i), Character: uint32(width(part, encoding))}
		}
		at += len(l)
	}
	return protocol.Position{}
}
