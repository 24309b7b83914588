package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Piece returns the bytes that a token stands for, which may be a part of a character;
// of a special token, its name. Ids that do not exist stand for nothing.
func (t *Tokenizer) Piece(id int) string {
	if id < 0 || id >= len(t.pieces) {
		return ""
	}
	return t.pieces[id]
}

// Decode returns the bytes that ids stand for.
func (t *Tokenizer) Decode(ids []int) string {
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(t.Piece(id))
	}
	return b.String()
}

// A Stream decodes ids one by one and never gives out a part of a character. All that
// it gave, end to end, is what Decode gives.
type Stream struct {
	tokenizer *Tokenizer
	held      string // the beginning of a character
}

// NewStream begins a text.
func (t *Tokenizer) NewStream() *Stream { return &Stream{tokenizer: t} }

// Add returns the text that id completes, maybe none.
func (s *Stream) Add(id int) string {
	text := s.held + s.tokenizer.Piece(id)
	end := len(text) - unfinished(text)
	s.held = text[end:]
	return text[:end]
}

// Flush returns what is held back, at the end of the text.
func (s *Stream) Flush() string {
	held := s.held
	s.held = ""
	return held
}

// unfinished is how many bytes at the end of text begin a character without ending it.
func unfinished(text string) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		tail := text[len(text)-n:]
		if utf8.RuneStart(tail[0]) {
			if utf8.FullRuneInString(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}
