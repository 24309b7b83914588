package lsp

// Positions. Everything in this project counts bytes of UTF-8; an editor counts lines
// and, within a line, code units of the negotiated encoding. A Mapper converts, and
// nothing outside this file does arithmetic on characters.
//
//	utf-8   bytes          "a😀" is 5
//	utf-16  code units     "a😀" is 3
//	utf-32  code points    "a😀" is 2
//
// Lines end at "\n", "\r\n" or a lone "\r". What an editor sends is clamped: a line
// behind the last means the end of the text, a character behind the line's end means
// the line's end, one inside a code point means its beginning.

import (
	"sort"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"greenfill/parser"
)

// A Mapper converts between byte offsets of one text and an editor's positions.
// It never changes.
type Mapper struct {
	text     string
	lines    []int // offset of the first byte of each line; lines[0] is 0
	encoding protocol.PositionEncodingKind
}

// NewMapper returns the Mapper of a text for an encoding. An unknown encoding counts as
// utf-16, the protocol's default.
func NewMapper(text string, encoding protocol.PositionEncodingKind) *Mapper {
	return &Mapper{text: text, lines: lineStarts(text), encoding: encoding}
}

func lineStarts(text string) []int {
	starts := make([]int, 1, 16+len(text)/32)
	if strings.IndexByte(text, '\r') < 0 {
		for i := 0; ; {
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				return starts
			}
			i += n + 1
			starts = append(starts, i)
		}
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\r':
			if i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
			starts = append(starts, i+1)
		case '\n':
			starts = append(starts, i+1)
		}
	}
	return starts
}

// replaced is the Mapper of the text that m's becomes when a span of it is replaced by
// another. Only the replaced part is looked at: whether a line starts at an offset depends
// on the bytes to either side of it alone.
func (m *Mapper) replaced(old parser.Span, text string) *Mapper {
	grown := len(text) - len(m.text)
	before := max(1, sort.SearchInts(m.lines, old.Start)) // the text's beginning starts a line in any case
	after := sort.SearchInts(m.lines, old.End+1)
	lines := make([]int, before, len(m.lines)+16)
	copy(lines, m.lines)
	for i := max(1, old.Start); i <= old.End+grown; i++ {
		if startsLine(text, i) {
			lines = append(lines, i)
		}
	}
	for _, start := range m.lines[max(1, after):] {
		lines = append(lines, start+grown)
	}
	return &Mapper{text: text, lines: lines, encoding: m.encoding}
}

// startsLine says whether a line starts at an offset, not 0, of a text.
func startsLine(text string, i int) bool {
	switch text[i-1] {
	case '\n':
		return true
	case '\r':
		return i == len(text) || text[i] != '\n'
	}
	return false
}

// PositionOffset is the byte offset of an editor's position, clamped into the text.
func (m *Mapper) PositionOffset(p protocol.Position) int {
	if int(p.Line) >= len(m.lines) {
		return len(m.text)
	}
	start := m.lines[p.Line]
	line := m.text[start:m.lineEnd(int(p.Line))]
	if m.encoding == protocol.PositionEncodingKindUTF8 {
		n := min(int(p.Character), len(line))
		for n > 0 && n < len(line) && !utf8.RuneStart(line[n]) {
			n--
		}
		return start + n
	}
	units := int(p.Character)
	for i, r := range line {
		units -= m.units(r)
		if units < 0 {
			return start + i
		}
	}
	return start + len(line)
}

// OffsetPosition is the editor's position of a byte offset, clamped into the text.
func (m *Mapper) OffsetPosition(offset int) protocol.Position {
	offset = max(0, min(offset, len(m.text)))
	line := sort.SearchInts(m.lines, offset+1) - 1
	part := m.text[m.lines[line]:min(offset, m.lineEnd(line))]
	character := len(part)
	if m.encoding != protocol.PositionEncodingKindUTF8 {
		character = 0
		for _, r := range part {
			character += m.units(r)
		}
	}
	return protocol.Position{Line: uint32(line), Character: uint32(character)}
}

// RangeSpan is the span of bytes of an editor's range; a reversed range is turned round.
func (m *Mapper) RangeSpan(r protocol.Range) parser.Span {
	a, b := m.PositionOffset(r.Start), m.PositionOffset(r.End)
	return parser.Span{Start: min(a, b), End: max(a, b)}
}

// SpanRange is the editor's range of a span of bytes.
func (m *Mapper) SpanRange(s parser.Span) protocol.Range {
	return protocol.Range{Start: m.OffsetPosition(s.Start), End: m.OffsetPosition(s.End)}
}

// LineSpan is the line that holds a byte offset, without its ending.
func (m *Mapper) LineSpan(offset int) parser.Span {
	offset = max(0, min(offset, len(m.text)))
	line := sort.SearchInts(m.lines, offset+1) - 1
	return parser.Span{Start: m.lines[line], End: m.lineEnd(line)}
}

// lineEnd is the offset behind the last byte of a line, before its ending.
func (m *Mapper) lineEnd(line int) int {
	if line+1 == len(m.lines) {
		return len(m.text)
	}
	end := m.lines[line+1] - 1
	if m.text[end] == '\n' && end > m.lines[line] && m.text[end-1] == '\r' {
		end--
	}
	return end
}

// units is the width of a code point in the encoding, utf-16 or utf-32.
func (m *Mapper) units(r rune) int {
	if r > 0xFFFF && m.encoding != protocol.PositionEncodingKindUTF32 {
		return 2
	}
	return 1
}
