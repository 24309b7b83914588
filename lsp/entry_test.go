package lsp_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"greenfill/completion/sandbox"
)

// TestLeftOutChanges: a body that passed with a statement that its function's prelude leaves
// out is not served once the statement is another.
func TestLeftOutChanges(t *testing.T) {
	const source = "def squares():\n    return [0, 1, 4]\n\n\nTABLE = squares()\n\n\ndef square(n):\n    \"\"\"The square of n.\"\"\"\n    |\n\n\nassert square(2) == 4\n"
	ctx := context.Background()
	s := &script{bodies: []string{"    return TABLE[n]"}}
	s.verdict = func(p sandbox.Program) sandbox.Verdict {
		text := ""
		for _, f := range p.Prelude {
			text += f.Text
		}
		switch {
		case !strings.Contains(text, "TABLE = "):
			return sandbox.Verdict{Status: sandbox.Raised, ErrorType: "NameError", Total: 1}
		case !strings.Contains(text, "TABLE = squares()\n") && !strings.HasSuffix(text, "TABLE = squares()"):
			return sandbox.Verdict{Status: sandbox.AssertFailed, Total: 1}
		}
		return sandbox.Verdict{Status: sandbox.Passed, Passed: 1, Total: 1}
	}
	text, at := cursor(source)
	e := edit(t, s, nil)
	b := e.Open(filepath.Join(t.TempDir(), "a.py"), text)
	list, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(list) != 1 {
		t.Fatalf("%d items with the table", len(list))
	}
	e.Replace(b, "squares()\n\n\ndef square(", "squares()[1:]\n\n\ndef square(")
	for range 2 { // before and after it was sampled anew
		list, err = e.Inline(ctx, b, at+len("[1:]"), automatic)
		ok(t, err)
		if len(list) != 0 {
			t.Errorf("with another table %+v is still served", list)
		}
	}
	e.Replace(b, "squares()[1:]", "squares()")
	list, err = e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(list) != 1 {
		t.Errorf("%d items with the table as it was", len(list))
	}
}
