package lsp_test

import (
	"context"
	"testing"

	"go.lsp.dev/protocol"
)

const two = `def f(x):
    """Return x plus one."""
    |

assert f(1) == 2
assert f(2) == 3
`

const automatic, invoked = protocol.InlineCompletionTriggerKindAutomatic, protocol.InlineCompletionTriggerKindInvoked

func TestGhostText(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return x", "    return good(x)"}}
	e := edit(t, s, nil)
	text, at := cursor(two)
	b := e.Open("/w/a.py", text)
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	if got := items[0].InsertText; got != protocol.String("return good(x)") {
		t.Errorf("insertText %q", got)
	}
	ok(t, e.AcceptInline(ctx, b, items[0]))
	want := "def f(x):\n    \"\"\"Return x plus one.\"\"\"\n    return good(x)\n\nassert f(1) == 2\nassert f(2) == 3\n"
	if got := e.Text(b); got != want {
		t.Errorf("after accepting:\n%s", got)
	}
}
