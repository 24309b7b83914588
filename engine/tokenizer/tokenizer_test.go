package tokenizer_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"greenfill/engine/tokenizer"
)

// spell writes bytes as GPT-2's vocabulary files do, straight from the definition.
func spell(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		next := rune(256)
		for other := range 256 {
			printable := other >= '!' && other <= '~' || other >= 0xa1 && other <= 0xac || other >= 0xae
			if byte(other) == c {
				if printable {
					next = rune(other)
				}
				break
			}
			if !printable {
				next++
			}
		}
		b.WriteRune(next)
	}
	return b.String()
}

// toy is a small vocabulary: all bytes, a few merges and special tokens.
func toy(pre string) tokenizer.Vocabulary {
	v := tokenizer.Vocabulary{Pre: pre, BOS: 256, EOS: 257, EOT: tokenizer.None, AddBOS: true}
	for b := range 256 {
		v.Tokens = append(v.Tokens, spell(string([]byte{byte(b)})))
		v.Types = append(v.Types, 1)
	}
	for _, special := range []string{"<|start|>", "<|endoftext|>", "<|im_end|>", "<|im_end|>>"} {
		v.Tokens = append(v.Tokens, special)
		v.Types = append(v.Types, 3)
	}
	v.Tokens = append(v.Tokens, "<tool>", "[PAD]")
	v.Types = append(v.Types, 4, 5)
	for _, m := range [][2]string{{"a", "b"}, {"b", "c"}, {"ab", "c"}, {" ", "ab"}, {"a", "a"}, {"aa", "aa"}, {"\xec", "\x95"}, {"\xec\x95", "\x88"}} {
		v.Merges = append(v.Merges, spell(m[0])+" "+spell(m[1]))
		v.Tokens = append(v.Tokens, spell(m[0]+m[1]))
		v.Types = append(v.Types, 1)
	}
	return v
}

func newToy(t testing.TB, pre string) *tokenizer.Tokenizer {
	t.Helper()
	tok, err := tokenizer.New(toy(pre))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// pieces shows what a text was cut into.
func pieces(tok *tokenizer.Tokenizer, text string, parseSpecial bool) []string {
	var list []string
	for _, id := range tok.Encode(text, parseSpecial) {
		list = append(list, tok.Piece(id))
	}
	return list
}

func TestMerges(t *testing.T) {
	tok := newToy(t, "qwen2")
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"abc", []string{"abc"}},               // a+b comes before b+c
		{"bc", []string{"bc"}},                 // and b+c happens where a is not there
		{"xab", []string{"x", "ab"}},           //
		{"aaaaa", []string{"aaaa", "a"}},       // from the left
		{"aaaaaaaa", []string{"aaaa", "aaaa"}}, // there is no merge of these
		{" ab", []string{" ab"}},               //
		{"안", []string{"안"}},                   // three bytes
		{"앉", []string{"\xec\x95", "\x89"}},    // a part of a character
	} {
		if diff := cmp.Diff(c.want, pieces(tok, c.text, true)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestSpecials(t *testing.T) {
	tok := newToy(t, "qwen2")
	for _, c := range []struct {
		text    string
		special bool
		want    []string
	}{
		{"a<|im_end|>b", true, []string{"a", "<|im_end|>", "b"}},
		{"<|im_end|>", false, strings.Split("<|im_end|>", "")},
		{"<|im_end|>>", true, []string{"<|im_end|>>"}}, // the longest
		{"<<|im_end|>", true, []string{"<", "<|im_end|>"}},
		{"<|im_end", true, strings.Split("<|im_end", "")},
		{"<tool>", false, []string{"<tool>"}}, // a part of the text's own vocabulary
		{"[PAD]", true, strings.Split("[PAD]", "")},
	} {
		if diff := cmp.Diff(c.want, pieces(tok, c.text, c.special)); diff != "" {
			t.Errorf("%q, special %v (-want +got):\n%s", c.text, c.special, diff)
		}
	}
	if got := tok.Special("<|im_end|>"); got != 258 {
		t.Errorf("<|im_end|> is %d", got)
	}
	if got := tok.Special("ab"); got != tokenizer.None {
		t.Errorf("ab is a special token: %d", got)
	}
	if tok.BOS() != 256 || tok.EOS() != 257 || tok.EOT() != 258 || !tok.AddBOS() {
		t.Errorf("BOS %d, EOS %d, EOT %d, add BOS %v", tok.BOS(), tok.EOS(), tok.EOT(), tok.AddBOS())
	}
	for id := range tok.Len() {
		if want := id == 257 || id == 258; tok.IsEnd(id) != want {
			t.Errorf("IsEnd(%d) is %v", id, !want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*tokenizer.Vocabulary){
		`its word rule is "llama3", but only "qwen2" and "smollm"`: func(v *tokenizer.Vocabulary) { v.Pre = "llama3" },
		"token types":                  func(v *tokenizer.Vocabulary) { v.Types = v.Types[1:] },
		"special token 9999":           func(v *tokenizer.Vocabulary) { v.EOS = 9999 },
		"special token -2":             func(v *tokenizer.Vocabulary) { v.BOS = -2 },
		"the same as token 97":         func(v *tokenizer.Vocabulary) { v.Tokens[98] = "a" },
		"token 98 (\"\") is empty":     func(v *tokenizer.Vocabulary) { v.Tokens[98] = "" },
		"not in GPT-2's spelling":      func(v *tokenizer.Vocabulary) { v.Tokens[98] = "한" },
		"merge 0 (\"ab\") is not":      func(v *tokenizer.Vocabulary) { v.Merges[0] = "ab" },
		"merge 0 (\"a 한\") is not":     func(v *tokenizer.Vocabulary) { v.Merges[0] = "a 한" },
		"merge 0 (\"a  b\") is not":    func(v *tokenizer.Vocabulary) { v.Merges[0] = "a  b" },
		"needs a token that does not":  func(v *tokenizer.Vocabulary) { v.Merges[0] = "a z" },
		"\"\\xff\") is not in GPT-2's": func(v *tokenizer.Vocabulary) { v.Tokens[98] = "\xff" },
	} {
		v := toy("qwen2")
		spoil(&v)
		if _, err := tokenizer.New(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

// TestMissingByte leaves a byte out of the vocabulary, as SmolLM2's does.
func TestMissingByte(t *testing.T) {
	v := toy("smollm")
	v.Types[4] = 5
	tok, err := tokenizer.New(v)
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.Decode(tok.Encode("a\x04b\x05", true)); got != "ab\x05" {
		t.Errorf("got %q", got)
	}
}

func TestRepair(t *testing.T) {
	tok := newToy(t, "qwen2")
	const bad = "\ufffd"
	for text, want := range map[string]string{
		"\x80":             bad,
		"a\xffb":           "a" + bad + "b",
		"\xc3":             bad,
		"\xc3(":            bad + "(",
		"\xe2\x82":         bad + bad,
		"\xf0\x9f\x98\xe2": bad + bad + bad + bad,
		"\xc0\x80":         "\x00", // longer than need be
		"\xc1\x81":         "A",
		"\xe0\x80\xaf":     "/",
		"\xed\xa0\x80":     "\xed\xa0\x80", // half of a surrogate pair
		"\xf4\x90\x80\x80": bad,            // past U+10FFFF
		"\xf8\x88":         bad + bad,
	} {
		if got := tok.Decode(tok.Encode(text, true)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// anyText draws texts that mix what tokenizers stumble over.
func anyText() *rapid.Generator[string] {
	tricky := rapid.SampledFrom([]string{"'s", "'LL", " ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "1", "²", "안", "é", "👍🏽", "<|im_end|>", "<tool>", "</", "\xff", "\xe2\x82", "\xed\xa0\x80", "\x04"})
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(tricky, rapid.StringN(0, 5, -1)), 0, 20).Draw(t, "parts")
		return strings.Join(parts, "")
	})
}

func TestRoundTrip(t *testing.T) {
	for _, pre := range []string{"qwen2", "smollm"} {
		tok := newToy(t, pre)
		rapid.Check(t, func(t *rapid.T) {
			checkText(t, tok, anyText().Draw(t, "text"), rapid.Bool().Draw(t, "special"))
		})
	}
}

// checkText checks what holds for every text.
func checkText(t rapid.TB, tok *tokenizer.Tokenizer, text string, special bool) {
	t.Helper()
	ids := tok.Encode(text, special)
	decoded := tok.Decode(ids)
	if utf8.ValidString(text) && decoded != text {
		t.Fatalf("%q came back as %q", text, decoded)
	}
	if again := tok.Encode(decoded, special); tok.Decode(again) != decoded {
		t.Fatalf("%q, decoded once, came back as %q", decoded, tok.Decode(again))
	}
	stream := tok.NewStream()
	streamed := ""
	for _, id := range ids {
		part := stream.Add(id)
		if utf8.ValidString(text) && !utf8.ValidString(part) {
			t.Fatalf("the stream gave a part of a character: %q", part)
		}
		streamed += part
	}
	if streamed += stream.Flush(); streamed != decoded {
		t.Fatalf("the stream gave %q, want %q", streamed, decoded)
	}
}

func FuzzEncode(f *testing.F) {
	for _, c := range corpus(f) {
		f.Add(c.text, true)
		f.Add(c.text, false)
	}
	toks := []*tokenizer.Tokenizer{newToy(f, "qwen2"), newToy(f, "smollm")}
	f.Fuzz(func(t *testing.T, text string, special bool) {
		for _, tok := range toks {
			checkText(t, tok, text, special)
		}
	})
}

func TestStream(t *testing.T) {
	tok := newToy(t, "qwen2")
	var got []string
	stream := tok.NewStream()
	for _, id := range tok.Encode("앉a👍", true) {
		got = append(got, stream.Add(id))
	}
	if want := []string{"", "앉", "a", "", "", "", "👍"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	// A character that never ends is given out with what follows, or at the end.
	stream = tok.NewStream()
	if got := []string{stream.Add(0xf0), stream.Add(0x9f), stream.Add('a'), stream.Add(0xe2), stream.Flush(), stream.Flush()}; !slices.Equal(got, []string{"", "", "\xf0\x9fa", "", "\xe2", ""}) {
		t.Errorf("got %q", got)
	}
	if got := stream.Add(-1) + stream.Add(1<<30); got != "" {
		t.Errorf("ids that do not exist gave %q", got)
	}
}

// TestLongWords takes runs that are one word. Were time to grow with their square, this
// would not end.
func TestLongWords(t *testing.T) {
	tok := newToy(t, "qwen2")
	for _, c := range []string{"a", " ", "\n", "!", "안"} {
		text := strings.Repeat(c, 1<<18)
		if got := tok.Decode(tok.Encode(text, true)); got != text {
			t.Errorf("a run of %q did not come back", c)
		}
	}
}

func TestManyGoroutines(t *testing.T) {
	tok := newToy(t, "qwen2")
	want := tok.Encode("abc 안녕 <|im_end|>", true)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				if got := tok.Encode("abc 안녕 <|im_end|>", true); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
			}
		})
	}
	group.Wait()
}
