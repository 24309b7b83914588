package tokenizer

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
	"pgregory.net/rapid"
)

// The word rules as their makers wrote them. SmolLM's digits are a step of their own.
var (
	qwen2Rule  = regexp2.MustCompile(`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`, 0)
	gpt2Rule   = regexp2.MustCompile(`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`, 0)
	digitsRule = regexp2.MustCompile(`\p{N}|\P{N}+`, 0)
)

func matches(t *rapid.T, rule *regexp2.Regexp, text string) (list []string) {
	m, err := rule.FindStringMatch(text)
	for m != nil && err == nil {
		list = append(list, m.String())
		m, err = rule.FindNextMatch(m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestSplittersFollowTheirRules compares the scanners with the regular expressions that
// they were written from, run by an engine that knows lookahead.
func TestSplittersFollowTheirRules(t *testing.T) {
	tricky := rapid.SampledFrom([]string{"'s", "'LL", "'re", "'", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2028", "1", "²", "Ⅷ", "안", "é", "e\u0301", "👍🏽", "x", "Hello", "!", "_", "\u00ad", "\ufeff"})
	texts := rapid.Custom(func(t *rapid.T) (text string) {
		for _, part := range rapid.SliceOfN(rapid.OneOf(tricky, rapid.StringN(0, 3, -1)), 1, 20).Draw(t, "parts") {
			text += part
		}
		return text
	}).Filter(func(s string) bool {
		// regexp2 has Go's tables, so it knows no letters that Go does not.
		newer := strings.ContainsFunc(s, func(r rune) bool { return cjkExtensionI <= r && r <= cjkExtensionIEnd })
		return s != "" && utf8.ValidString(s) && !newer
	})
	rapid.Check(t, func(t *rapid.T) {
		text := texts.Draw(t, "text")
		compare(t, text, splitQwen2, matches(t, qwen2Rule, text))
		var want []string
		for _, part := range matches(t, digitsRule, text) {
			want = append(want, matches(t, gpt2Rule, part)...)
		}
		compare(t, text, splitSmolLM, want)
	})
}

func compare(t *rapid.T, text string, split func(string) int, want []string) {
	t.Helper()
	for i, rest := 0, text; rest != ""; i++ {
		n := split(rest)
		if i >= len(want) || rest[:n] != want[i] {
			t.Fatalf("%q: word %d is %q, want one of %q", text, i, rest[:n], want)
		}
		rest = rest[n:]
	}
}
