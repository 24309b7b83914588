package lsp_test

import (
	"context"
	"strings"
	"testing"

	"greenfill/lsp"
)

// A function that checks call and nobody defines is written where it belongs, above its
// first check, once the user asks.
func TestMissingFunction(t *testing.T) {
	ctx := context.Background()
	const source = "import math\n\nassert double(2) == 4\nassert double(3) == 6\n"
	e := edit(t, &script{bodies: []string{"    return good"}}, nil)
	b := e.Open("/w/a.py", source)
	same(t, "lenses", titles(t, e, b), "▶ write double from 2 checks")
	list, err := e.Actions(ctx, b, strings.Index(source, "double(3)"))
	ok(t, err)
	if len(list) == 0 || list[0].Title != "Greenfill: write double from its checks" {
		t.Fatalf("actions %+v", list)
	}
	var r lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandComplete, &r, lsp.SpecReference{URI: b.URI, Spec: "double"}))
	if r.Completions != 1 || r.Checks != 2 || r.Range.Start.Line != 2 {
		t.Errorf("results %+v", r)
	}
	list, err = e.Actions(ctx, b, strings.Index(source, "double(3)"))
	ok(t, err)
	if len(list) == 0 || !strings.HasPrefix(list[0].Title, "Greenfill: insert def double(a):  ✓ 2/2 asserts") {
		t.Fatalf("actions %+v", list)
	}
	ok(t, e.AcceptAction(ctx, list[0]))
	want := strings.Replace(source, "assert", "def double(a):\n    return good\n\n\nassert", 1)
	if got := e.Text(b); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	_, err = e.AwaitResults("double", inState(lsp.JobVerified))
	ok(t, err)
}
