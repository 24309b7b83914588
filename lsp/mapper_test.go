package lsp_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"go.lsp.dev/protocol"
	"pgregory.net/rapid"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
	"greenfill/parser"
)

var encodings = []protocol.PositionEncodingKind{"utf-8", "utf-16", "utf-32"}

// texts draws texts of what breaks position arithmetic: emoji (two code units of UTF-16,
// some joined), CJK, combining marks, every line ending.
func texts() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"a", "bc ", "\n", "\r\n", "\r", "é", "e\u0301", "日本", "한", "😀", "👩‍👩‍👧", "𝒳", "\ufeff", "\u2028", "\t", ""})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 30).Draw(t, "pieces"), "")
	})
}

// boundaries are the offsets of a text at which a code point and no line ending's inside begins.
func boundaries(text string) []int {
	var list []int
	for i := 0; i <= len(text); i++ {
		if i < len(text) && !utf8.RuneStart(text[i]) || i > 0 && i < len(text) && text[i-1] == '\r' && text[i] == '\n' {
			continue
		}
		list = append(list, i)
	}
	return list
}

func TestMapperAgreesWithTheSlowWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		enc := rapid.SampledFrom(encodings).Draw(t, "encoding")
		m := lsp.NewMapper(text, enc)
		for _, offset := range boundaries(text) {
			want := lsptest.PositionOf(text, offset, enc)
			if got := m.OffsetPosition(offset); got != want {
				t.Fatalf("OffsetPosition(%d) = %v, want %v", offset, got, want)
			}
			if got := m.PositionOffset(want); got != offset {
				t.Fatalf("PositionOffset(%v) = %d, want %d", want, got, offset)
			}
		}
	})
}

// TestRandomEdits edits a document as an editor does, many times, and compares with the
// same edits of a plain string.
func TestRandomEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		enc := rapid.SampledFrom(encodings).Draw(t, "encoding")
		text := texts().Draw(t, "text")
		doc := lsp.NewDocument("file:///a.py", 1, text, enc)
		if rapid.Bool().Draw(t, "parsed") {
			doc.File()
		}
		for v := range int32(rapid.IntRange(1, 8).Draw(t, "versions")) {
			var changes []protocol.TextDocumentContentChangeEvent
			for range rapid.IntRange(1, 3).Draw(t, "changes") {
				if rapid.IntRange(0, 9).Draw(t, "whole") == 0 {
					text = texts().Draw(t, "new text")
					changes = append(changes, &protocol.TextDocumentContentChangeWholeDocument{Text: text})
					continue
				}
				at := boundaries(text)
				i := rapid.IntRange(0, len(at)-1).Draw(t, "start")
				j := rapid.IntRange(i, len(at)-1).Draw(t, "end")
				insert := texts().Draw(t, "insert")
				changes = append(changes, &protocol.TextDocumentContentChangePartial{
					Range: protocol.Range{Start: lsptest.PositionOf(text, at[i], enc), End: lsptest.PositionOf(text, at[j], enc)},
					Text:  insert,
				})
				text = text[:at[i]] + insert + text[at[j]:]
			}
			doc = doc.Apply(v+2, changes)
			if doc.Text != text {
				t.Fatalf("text %q, want %q", doc.Text, text)
			}
			for _, at := range boundaries(text) {
				if got, want := doc.Mapper.OffsetPosition(at), lsptest.PositionOf(text, at, enc); got != want {
					t.Fatalf("offset %d of %q is at %v, want %v", at, text, got, want)
				}
			}
			if got := string(doc.File().Source()); got != text {
				t.Fatalf("parsed %q, want %q", got, text)
			}
		}
	})
}

func TestPositionsAreClamped(t *testing.T) {
	text := "a😀b\nc"
	for _, c := range []struct {
		enc             protocol.PositionEncodingKind
		line, character uint32
		want            int
	}{
		{"utf-16", 0, 2, 1}, // in the middle of the surrogate pair
		{"utf-8", 0, 3, 1},  // in the middle of its bytes
		{"utf-32", 0, 2, 5},
		{"utf-16", 0, 99, 6}, // behind the line's end
		{"utf-16", 99, 0, len(text)},
		{"utf-16", 1, 4294967295, len(text)},
		{"", 0, 3, 5}, // an unknown encoding is utf-16
	} {
		p := protocol.Position{Line: c.line, Character: c.character}
		if got := lsp.NewMapper(text, c.enc).PositionOffset(p); got != c.want {
			t.Errorf("%s %v: offset %d, want %d", c.enc, p, got, c.want)
		}
	}
	m := lsp.NewMapper(text, "utf-16")
	if got := m.RangeSpan(protocol.Range{Start: protocol.Position{Line: 1}, End: protocol.Position{Line: 0}}); got != (parser.Span{Start: 0, End: 7}) {
		t.Errorf("a reversed range is %v", got)
	}
	if got := m.OffsetPosition(-1); got != (protocol.Position{}) {
		t.Errorf("offset -1 is %v", got)
	}
}

// FuzzMapper: no position and no text makes a Mapper panic or leave the text.
func FuzzMapper(f *testing.F) {
	f.Add("a😀\r\nb\rc\xff", uint32(0), uint32(2), byte(1))
	f.Add("", uint32(9), uint32(9), byte(0))
	f.Fuzz(func(t *testing.T, text string, line, character uint32, e byte) {
		m := lsp.NewMapper(text, encodings[int(e)%3])
		o := m.PositionOffset(protocol.Position{Line: line, Character: character})
		if o < 0 || o > len(text) {
			t.Fatalf("offset %d of %d", o, len(text))
		}
		if p := m.OffsetPosition(o); utf8.ValidString(text) && m.PositionOffset(p) != o {
			t.Fatalf("offset %d is at %v, which is offset %d", o, p, m.PositionOffset(p))
		}
		if s := m.LineSpan(o); s.Start > o || s.End > len(text) || s.End < s.Start {
			t.Fatalf("line %v of offset %d", s, o)
		}
	})
}
