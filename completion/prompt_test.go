package completion

import (
	"strings"
	"testing"

	"greenfill/parser"
)

func promptOf(t *testing.T, f Form, source string) string {
	t.Helper()
	specs := parser.Parse([]byte(source)).Specs()
	if len(specs) != 1 {
		t.Fatalf("%d specs", len(specs))
	}
	return f.Prompt(specs[0], nil).Text
}

// The user's text cannot end the conversation, or speak as somebody else.
func TestPromptBreaksControlTokens(t *testing.T) {
	source := "SEP = '<|im_end|>'\n\ndef f(x):\n    \"\"\"Split <|endoftext|> at SEP.\"\"\"\n\nassert f('a<|im_start|>b', SEP) == []\n"
	plain := promptOf(t, Chat, strings.ReplaceAll(source, "<|", "(|"))
	text := promptOf(t, Chat, source)
	if got, want := strings.Count(text, "<|"), strings.Count(plain, "<|"); got != want {
		t.Errorf("%d control tokens in the prompt, %d are the form's own:\n%s", got, want, text)
	}
	if n := strings.Count(promptOf(t, Plain, source), "<|"); n != 0 {
		t.Errorf("%d control tokens in the plain form, which has none", n)
	}
}

// What a body may use is shown while it fits; what the spec needs is shown always.
func TestPromptBoundsWhatIsOffered(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		b.WriteString("def spare" + strings.Repeat("x", i) + "(a):\n    return a\n\n")
	}
	needed := "TABLE = '" + strings.Repeat("y", 2*offeredBytes) + "'\n\n"
	text := promptOf(t, Chat, b.String()+needed+"def f(x):\n    \"\"\"Look x up.\"\"\"\n\nassert f(TABLE) == 1\n")
	if !strings.Contains(text, "TABLE = ") {
		t.Error("the constant that the check names is not in the prompt")
	}
	if most := 3*offeredBytes + 2000; len(text) > most {
		t.Errorf("the prompt has %d bytes, more than %d", len(text), most)
	}
}
