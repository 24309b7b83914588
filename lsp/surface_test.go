package lsp_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"golang.org/x/tools/txtar"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// TestSurface holds testdata/surface to the server; what has emoji in each encoding. A file shows a
// text with a cursor, the body that passes, what is typed once it was found (perhaps
// nothing), and the text after accepting it as ghost text, as a completion item, and by
// a code action; "none" where it is not to be offered.
func TestSurface(t *testing.T) {
	files, err := filepath.Glob("testdata/surface/*.txt")
	ok(t, err)
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, path := range files {
		encodings := []protocol.PositionEncodingKind{"utf-16"}
		if strings.Contains(path, "emoji") {
			encodings = append(encodings, "utf-8", "utf-32")
		}
		for _, enc := range encodings {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txt")+"/"+string(enc), func(t *testing.T) {
				a, err := txtar.ParseFile(path)
				ok(t, err)
				part := map[string]string{}
				for _, f := range a.Files {
					part[f.Name] = strings.ReplaceAll(string(f.Data), "␍", "\r")
				}
				for _, how := range []string{"ghost", "item", "action"} {
					got := accept(t, how, enc, part)
					if want := part[how]; got != want {
						t.Errorf("%s gives\n%swant\n%s", how, got, want)
					}
				}
			})
		}
	}
}

// accept plays one surface and returns the buffer afterwards, or "none\n".
func accept(t *testing.T, how string, enc protocol.PositionEncodingKind, part map[string]string) string {
	ctx := context.Background()
	s := &script{bodies: []string{strings.TrimSuffix(part["body"], "\n")}}
	e := edit(t, s, func(c *lsptest.Config) { c.Encoding = enc })
	text, at := cursor(part["before"])
	b := e.Open("/w/a.py", text)
	var spec lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandComplete, &spec, lsp.SpecReference{URI: b.URI, Position: ptr(lsptest.PositionOf(text, at, e.Encoding))}))
	if typed := strings.TrimSuffix(part["typed"], "\n"); typed != "" {
		e.Edit(b, at, at, typed)
		at += len(typed)
	}
	switch how {
	case "ghost":
		items, err := e.Inline(ctx, b, at, automatic)
		ok(t, err)
		if len(items) == 0 {
			return "none\n"
		}
		ok(t, e.AcceptInline(ctx, b, items[0]))
	case "item":
		list, err := e.Complete(ctx, b, at)
		ok(t, err)
		if len(list.Items) == 0 {
			return "none\n"
		}
		ok(t, e.AcceptItem(ctx, b, list.Items[0]))
	case "action":
		list, err := e.Actions(ctx, b, at)
		ok(t, err)
		if len(list) == 0 || list[0].Edit == nil {
			return "none\n"
		}
		ok(t, e.AcceptAction(ctx, list[0]))
	}
	// What stands there now is what was verified: no run is needed to say so. (Words typed
	// before that are a body of their own, whose checks may have been run.)
	_, _, _, before := s.numbers()
	r, err := e.AwaitResults(spec.Spec, func(r lsp.Results) bool { return r.State == lsp.JobVerified })
	ok(t, err)
	if _, _, _, after := s.numbers(); after != before && part["typed"] == "" {
		t.Errorf("%s: the text that was verified was run again (%+v)", how, r)
	}
	return e.Text(b)
}

func ptr[T any](v T) *T { return &v }
