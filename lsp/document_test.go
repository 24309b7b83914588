package lsp

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if rapid.Bool().Draw(t, "related") {
			b = a + b + a
		}
		start, oldEnd, newEnd := difference(a, b)
		if start > oldEnd || start > newEnd || oldEnd > len(a) || newEnd > len(b) {
			t.Fatalf("difference(%q, %q) = %d, %d, %d", a, b, start, oldEnd, newEnd)
		}
		if got := a[:start] + b[start:newEnd] + a[oldEnd:]; got != b {
			t.Fatalf("the edit gives %q, want %q", got, b)
		}
		if !utf8.ValidString(b[start:newEnd]) || !utf8.ValidString(a[start:oldEnd]) {
			t.Fatalf("difference(%q, %q) cuts a code point", a, b)
		}
	})
}
