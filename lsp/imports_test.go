package lsp_test

import (
	"context"
	"strings"
	"testing"

	"greenfill/completion/sandbox"
	"greenfill/lsp"
)

// TestImportsGoToTheTop: a body that passes with an import it lacks brings it along, to
// the top of the file, on every surface.
func TestImportsGoToTheTop(t *testing.T) {
	const before = "\"\"\"Roots.\"\"\"\nimport sys\n\n\ndef f(x):\n    |\n\n\nassert f(4) == 2\n"
	const after = "\"\"\"Roots.\"\"\"\nimport sys\nimport math\n\n\ndef f(x):\n    return math.sqrt(x)\n\n\nassert f(4) == 2\n"
	for _, how := range []string{"ghost", "item", "action", "apply"} {
		t.Run(how, func(t *testing.T) {
			ctx := context.Background()
			s := &script{bodies: []string{"    return math.sqrt(x)"}}
			s.verdict = func(p sandbox.Program) sandbox.Verdict {
				for _, f := range p.Prelude {
					if strings.Contains(f.Text, "import math") {
						return sandbox.Verdict{Status: sandbox.Passed, Passed: 1, Total: 1}
					}
				}
				return sandbox.Verdict{Status: sandbox.Raised, ErrorType: "NameError", Message: "name 'math' is not defined", Total: 1}
			}
			e := edit(t, s, nil)
			b, at := open(e, "/w/a.py", before)
			ok(t, e.Execute(ctx, lsp.CommandComplete, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
			switch how {
			case "ghost":
				items, err := e.Inline(ctx, b, at, automatic)
				ok(t, err)
				ok(t, e.AcceptInline(ctx, b, items[0]))
			case "item":
				list, err := e.Complete(ctx, b, at)
				ok(t, err)
				ok(t, e.AcceptItem(ctx, b, list.Items[0]))
			case "action":
				list, err := e.Actions(ctx, b, at)
				ok(t, err)
				ok(t, e.AcceptAction(ctx, list[0]))
			case "apply":
				ok(t, e.Execute(ctx, lsp.CommandApply, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
			}
			if got := e.Text(b); got != after {
				t.Errorf("the text is\n%s\nwant\n%s", got, after)
			}
			_, err := e.AwaitResults("f", inState(lsp.JobVerified))
			ok(t, err)
		})
	}
}
