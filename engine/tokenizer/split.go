package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A splitter returns the length of the first word of a text that is not empty.
// The words of a text, end to end, are the text.

var splitters = map[string]func(string) int{
	"qwen2":  splitQwen2,
	"smollm": splitSmolLM,
}

func knownSplitters() string {
	var names []string
	for name := range splitters {
		names = append(names, `"`+name+`"`)
	}
	slices.Sort(names)
	return strings.Join(names, " and ")
}

// splitQwen2 is Qwen2's rule, the first alternative that matches:
//
//	'(?i:s|t|re|ve|m|ll|d)            a contraction's ending
//	[^\r\n\p{L}\p{N}]?\p{L}+          letters, with one space or sign before them
//	\p{N}                             one digit
//	 ?[^\s\p{L}\p{N}]+[\r\n]*         signs, with a space before and line ends after
//	\s*[\r\n]+                        space up to its last line end
//	\s+(?!\S)                         space, save the last of it before a word
//	\s+
func splitQwen2(s string) int {
	first, n := classify(s)
	if end := contraction(s, true); end > 0 {
		return end
	}
	if first == letter {
		return n + span(s[n:], letter)
	}
	if first == digit {
		return n
	}
	second, _ := classify(s[n:])
	if second == letter && s[0] != '\r' && s[0] != '\n' {
		return n + span(s[n:], letter)
	}
	if end := signs(s); end > 0 {
		return end + lineEnds(s[end:])
	}
	space := span(s, blank)
	if i := strings.LastIndexAny(s[:space], "\r\n"); i >= 0 {
		return i + 1
	}
	return spaceBeforeWord(s, space)
}

// splitSmolLM is SmolLM's rule. Digits are cut out one by one first; what stands
// between them is cut by GPT-2's rule, the first alternative that matches:
//
//	'(?:s|t|re|ve|m|ll|d)
//	 ?\p{L}+
//	 ?[^\s\p{L}\p{N}]+
//	\s+(?!\S)
//	\s+
//
// The two steps are one here: a digit ends a run of space as the end of the text does.
func splitSmolLM(s string) int {
	first, n := classify(s)
	if first == digit {
		return n
	}
	if end := contraction(s, false); end > 0 {
		return end
	}
	if first == letter {
		return n + span(s[n:], letter)
	}
	if second, _ := classify(s[n:]); s[0] == ' ' && second == letter {
		return n + span(s[n:], letter)
	}
	if end := signs(s); end > 0 {
		return end
	}
	space := span(s, blank)
	if next, _ := classify(s[space:]); next == digit {
		return space
	}
	return spaceBeforeWord(s, space)
}

// spaceBeforeWord leaves the last character of a run of space to the word that follows.
func spaceBeforeWord(s string, space int) int {
	if space == len(s) {
		return space
	}
	_, last := utf8.DecodeLastRuneInString(s[:space])
	if space > last {
		return space - last
	}
	return space
}

// contraction is the length of an ending like 's or 'll at the beginning of s.
func contraction(s string, anyCase bool) int {
	if s[0] != '\'' || len(s) < 2 {
		return 0
	}
	fold := func(c byte) byte {
		if anyCase && 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}
	switch fold(s[1]) {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(s) < 3 {
		return 0
	}
	switch string([]byte{fold(s[1]), fold(s[2])}) {
	case "re", "ve", "ll":
		return 3
	}
	return 0
}

// signs is the length of " ?[^\s\p{L}\p{N}]+" at the beginning of s.
func signs(s string) int {
	start := 0
	if s[0] == ' ' {
		start = 1
	}
	n := span(s[start:], sign)
	if n == 0 {
		return 0
	}
	return start + n
}

// lineEnds is the length of "[\r\n]*".
func lineEnds(s string) int {
	return len(s) - len(strings.TrimLeft(s, "\r\n"))
}

// span is how many bytes at the beginning of s are characters of that class.
func span(s string, c class) int {
	end := 0
	for end < len(s) {
		got, n := classify(s[end:])
		if got != c {
			break
		}
		end += n
	}
	return end
}

// A class is what the word rules ask of a character.
type class uint8

const (
	none   class = iota // no character: the end of the text
	letter              // \p{L}
	digit               // \p{N}
	blank               // \s, which is Unicode's White_Space
	sign                // everything else, marks and unassigned code points included
)

// ascii holds the classes of the first 128 characters.
var ascii = func() (table [utf8.RuneSelf]class) {
	for r := range table {
		table[r] = classOf(rune(r))
	}
	return table
}()

// classify returns the class of the first character of s and its length. A byte that
// begins no character is a sign.
func classify(s string) (class, int) {
	if s == "" {
		return none, 0
	}
	if s[0] < utf8.RuneSelf {
		return ascii[s[0]], 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return classOf(r), n
}

// Letters of Unicode 15.1, which llama.cpp knows and Go's tables (15.0) do not. The two
// agree on all other code points.
const (
	cjkExtensionI    = 0x2ebf0
	cjkExtensionIEnd = 0x2ee5d
)

func classOf(r rune) class {
	switch {
	case unicode.IsLetter(r), cjkExtensionI <= r && r <= cjkExtensionIEnd:
		return letter
	case unicode.IsNumber(r):
		return digit
	case unicode.IsSpace(r):
		return blank
	}
	return sign
}
