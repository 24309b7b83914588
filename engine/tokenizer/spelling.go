package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// GPT-2's vocabulary files spell each byte as one printable character: bytes that are
// printable in Latin-1 as themselves, the other 68 as U+0100, U+0101 and so on. A space
// is Ġ (U+0120).

// spelled gives the byte for each character of that spelling, from U+0000 on; -1 for
// characters that spell none.
var spelled = func() (table [256 + 68]int16) {
	for i := range table {
		table[i] = -1
	}
	next := 256
	for b := range 256 {
		switch {
		case '!' <= b && b <= '~', 0xa1 <= b && b <= 0xac, 0xae <= b:
			table[b] = int16(b)
		default:
			table[next] = int16(b)
			next++
		}
	}
	return table
}()

// unspell appends the bytes that token spells, and reports whether all of it was spelling.
func unspell(buf *strings.Builder, token string) bool {
	for _, r := range token {
		if r == utf8.RuneError || int(r) >= len(spelled) || spelled[r] < 0 {
			return false
		}
		buf.WriteByte(byte(spelled[r]))
	}
	return true
}
