package lsp_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion/sandbox"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

const written = `def f(x):
    """Return x plus one."""
    return bad(x)

assert f(1) == 2
assert f(2) == 3
`

// titles are the titles of a buffer's code lenses.
func titles(t *testing.T, e *lsptest.Editor, b *lsptest.Buffer) []string {
	t.Helper()
	list, err := e.Titles(context.Background(), b)
	ok(t, err)
	return list
}

// hints are a buffer's inlay hints, "LINE text".
func hints(t *testing.T, e *lsptest.Editor, b *lsptest.Buffer) []string {
	t.Helper()
	list, err := e.Hints(context.Background(), b)
	ok(t, err)
	return list
}

// hover is the hover at the first occurrence of some text.
func hover(t *testing.T, e *lsptest.Editor, b *lsptest.Buffer, at string) string {
	t.Helper()
	text, err := e.Hover(context.Background(), b, strings.Index(b.Text, at))
	ok(t, err)
	return text
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestCheckShowsEverywhere: the outcome of a written function's checks, in lens, hints,
// hover and diagnostics, and how it goes away with an edit and comes back.
func TestCheckShowsEverywhere(t *testing.T) {
	ctx := context.Background()
	s := &script{}
	e := edit(t, s, nil)
	b := e.Open("/w/a.py", written)
	same(t, "lens before", titles(t, e, b), "check")
	same(t, "hints before", hints(t, e, b))
	var r lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandCheck, &r, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	if r.State != lsp.JobUnverified || r.Message != "✗ 1/2 asserts: f(1) is 0, not 1" {
		t.Errorf("results %+v", r)
	}
	same(t, "lens", titles(t, e, b), "✗ 1/2 asserts: f(1) is 0, not 1")
	same(t, "hints", hints(t, e, b), "4 ✗ is 0", "5 ✓")
	if got, want := hover(t, e, b, "(x)"), "**Greenfill** · 2 checks · ✗ 1/2 asserts: f(1) is 0, not 1\n\n- `assert f(1) == 2` ✗ is 0\n- `assert f(2) == 3` ✓"; got != want {
		t.Errorf("hover:\n%s\nwant\n%s", got, want)
	}
	if got := hover(t, e, b, "return bad"); got != "" {
		t.Errorf("hover in the body: %s", got)
	}
	wrong := func(list []protocol.Diagnostic) bool {
		return len(list) == 1 && list[0].Range.Start.Line == 4 && list[0].Severity == protocol.DiagnosticSeverityError &&
			list[0].Message == protocol.InlayHintTooltip(protocol.String("is 0, not 1"))
	}
	ok(t, e.AwaitDiagnostics(b, wrong))
	pulled, err := e.Diagnostics(ctx, b)
	ok(t, err)
	if !wrong(pulled) {
		t.Errorf("pulled %+v", pulled)
	}

	// A checked function is kept checked: the badge changes with the body and with the checks.
	e.Replace(b, "bad(x)", "good(x)")
	r, err = e.AwaitResults("f", inState(lsp.JobVerified))
	ok(t, err)
	same(t, "lens", titles(t, e, b), "✓ 2/2 asserts — verified")
	same(t, "hints", hints(t, e, b), "4 ✓", "5 ✓")
	ok(t, e.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
	e.Replace(b, "good(x)", "worse(x)")
	_, err = e.AwaitResults("f", inState(lsp.JobUnverified))
	ok(t, err)
	ok(t, e.AwaitDiagnostics(b, wrong))
	// Its diagnostics go with the file.
	e.CloseFile(b)
	ok(t, e.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
}

func TestNotReached(t *testing.T) {
	s := &script{verdict: func(p sandbox.Program) sandbox.Verdict {
		return sandbox.Verdict{Status: sandbox.Raised, Total: 2, ErrorType: "ValueError", Message: "no",
			Checks: []sandbox.CheckResult{{Status: sandbox.Raised, Message: "ValueError: no"}, {}}}
	}}
	e := edit(t, s, nil)
	b := e.Open("/w/a.py", written)
	ok(t, e.Execute(context.Background(), lsp.CommandCheck, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	// The document has just been opened: its functions may be looked at once more just now.
	for end := time.Now().Add(10 * time.Second); len(hints(t, e, b)) == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	same(t, "hints", hints(t, e, b), "4 ✗ ValueError: no", "5 · not reached")
}

// TestAcceptedInParts: a client that says nothing of what it inserted, word by word.
func TestAcceptedInParts(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    y = good(x)\n    return y"}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	// The first line is accepted, the rest is still on offer.
	e.Edit(b, at, at, "y = good(x)\n    ")
	at += len("y = good(x)\n    ")
	items, err = e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 || items[0].InsertText != protocol.String("return y") {
		t.Fatalf("after accepting a line: %+v", items)
	}
	// The user goes on otherwise: what stands there is not what was verified, so it is run.
	e.Edit(b, at, at, "return y + 0")
	_, err = e.AwaitResults("f", inState(lsp.JobVerified))
	ok(t, err)
	e.Replace(b, "y + 0", "bad(y)")
	_, err = e.AwaitResults("f", inState(lsp.JobUnverified))
	ok(t, err)
	// Back to a hole: there is nothing left to badge, and the body is on offer again.
	e.Replace(b, "y = good(x)\n    return bad(y)", "")
	items, err = e.Inline(ctx, b, strings.Index(b.Text, "\n\nassert"), automatic)
	ok(t, err)
	if len(items) != 1 {
		t.Errorf("%d items in the hole again", len(items))
	}
}

func TestEditsDuringAVerification(t *testing.T) {
	gate := make(chan struct{})
	s := &script{verdict: func(p sandbox.Program) sandbox.Verdict {
		<-gate
		return judge(p)
	}}
	e := edit(t, s, nil)
	b := e.Open("/w/a.py", written)
	done := make(chan error)
	go func() {
		done <- e.Execute(context.Background(), lsp.CommandCheck, nil, lsp.SpecReference{URI: b.URI, Spec: "f"})
	}()
	_, err := e.AwaitStatus(lsp.StateVerifying)
	ok(t, err)
	e.Replace(b, "bad(x)", "good(x)")
	close(gate)
	<-done
	_, err = e.AwaitResults("f", inState(lsp.JobVerified))
	ok(t, err)
	same(t, "lens", titles(t, e, b), "✓ 2/2 asserts — verified")
}

func TestLenses(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return x"}, gate: make(chan struct{})}
	e := edit(t, s, func(c *lsptest.Config) {
		c.Options = map[string]any{"trusted": true, "notifications": true, "settings": map[string]any{"idleDelay": 0},
			"clientCommands": []string{lsp.ClientShowCandidates}}
	})
	b, at := open(e, "/w/a.py", two+"\ndef lonely():\n    pass\n")
	same(t, "at first", titles(t, e, b), "▶ complete from 2 checks")
	wait := later(e, ctx, b, at)
	for range 3 {
		s.gate <- struct{}{}
	}
	_, err := e.AwaitResults("f", sampled(3))
	ok(t, err)
	if got := titles(t, e, b); !strings.HasPrefix(got[0], "3 of 16 samples, 0 passed — stop") {
		t.Errorf("while sampling: %q", got)
	}
	close(s.gate)
	_, err = wait()
	ok(t, err)
	same(t, "when none passed", titles(t, e, b), "✗ none of 16 samples passed: why?", "more samples", "all candidates")
	s.say("    return good(x)")
	ok(t, e.Execute(ctx, lsp.CommandMore, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	same(t, "when some passed", titles(t, e, b), "✓ 2/2 asserts · 16 of 32 samples — insert", "more samples", "all candidates")
	n, err := e.AwaitRefresh(0)
	ok(t, err)
	lenses, err := e.Lenses(ctx, b)
	ok(t, err)
	ok(t, e.Run(ctx, lenses[0].Command, nil))
	if !strings.Contains(e.Text(b), "return good(x)") {
		t.Errorf("after the lens:\n%s", e.Text(b))
	}
	_, err = e.AwaitResults("f", inState(lsp.JobVerified))
	ok(t, err)
	_, err = e.AwaitRefresh(n)
	ok(t, err)
	same(t, "when accepted", titles(t, e, b), "✓ 2/2 asserts — verified")
	ok(t, e.Notify("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"greenfill": map[string]any{"codeLens": false, "inlayHints": false}}}))
	same(t, "switched off", titles(t, e, b))
	same(t, "hints switched off", hints(t, e, b))
}

func TestActions(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)", "    return good(x, 2)"}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", "def f(x):\n    pass|\n\nassert f(1) == 2\n")
	list, err := e.Actions(ctx, b, at)
	ok(t, err)
	if len(list) != 2 || list[0].Title != "Greenfill: complete f" {
		t.Fatalf("actions %+v", list)
	}
	ok(t, e.Run(ctx, protocol.Command{Command: lsp.CommandComplete, Arguments: []protocol.LSPAny{protocol.LSPAny(`{"uri":"` + string(b.URI) + `","spec":"f"}`)}}, nil))
	list, err = e.Actions(ctx, b, at)
	ok(t, err)
	if len(list) != 3 || list[0].Title != "Greenfill: insert return good(x)  ✓ 1/1 assert · 8 of 16 samples" || list[0].Tags[0] != protocol.CodeActionTagLLMGenerated {
		t.Fatalf("actions %+v", list)
	}
	// An edit for an older version is refused by the editor as a whole.
	e.Edit(b, len(b.Text), len(b.Text), "# more\n")
	if err := e.AcceptAction(ctx, list[0]); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("a stale edit: %v", err)
	}
	list, err = e.Actions(ctx, b, at)
	ok(t, err)
	ok(t, e.AcceptAction(ctx, list[1]))
	if !strings.Contains(e.Text(b), "return good(x, 2)\n\nassert") {
		t.Errorf("after the second action:\n%s", e.Text(b))
	}
}

func TestCheckAll(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(dir, path)
		ok(t, os.MkdirAll(filepath.Dir(path), 0o755))
		ok(t, os.WriteFile(path, []byte(text), 0o644))
	}
	write("b.py", strings.ReplaceAll(written, "f(", "g("))
	write("sub/c.py", strings.ReplaceAll(strings.ReplaceAll(written, "f(", "h("), "bad", "good"))
	write(".git/d.py", written)
	write("env/pyvenv.cfg", "")
	write("env/lib/e.py", written)
	write("broken.py", "def \xff(")
	write("latin1.py", "# coding: latin-1\ndef \xe4(x):\n    return good(x)\n\nassert \xe4(1) == 2\n")
	s := &script{}
	e := edit(t, s, func(c *lsptest.Config) { c.Folders = []string{dir} })
	b := e.Open(filepath.Join(dir, "a.py"), written+"\ndef k():\n    pass\n\nassert k() == 1\n")
	var list []lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandCheckDocument, &list, map[string]any{"uri": b.URI}))
	if len(list) != 1 || list[0].Spec != "f" {
		t.Errorf("document: %+v", list)
	}
	list = nil
	ok(t, e.Execute(ctx, lsp.CommandCheckWorkspace, &list))
	var got []string
	for _, r := range list {
		got = append(got, r.Spec+" "+string(r.State))
	}
	same(t, "workspace", got, "f unverified", "g unverified", "ä verified", "h verified")
}

// TestWatchedFiles: what a checked function imports has changed on disk.
func TestWatchedFiles(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s := &script{}
	e := edit(t, s, func(c *lsptest.Config) { c.Folders = []string{dir} })
	b := e.Open(filepath.Join(dir, "a.py"), written)
	ok(t, e.Execute(ctx, lsp.CommandCheck, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	_, err := e.AwaitResults("f", inState(lsp.JobUnverified))
	ok(t, err)
	s.mu.Lock()
	s.verdict = func(p sandbox.Program) sandbox.Verdict { p.Candidate.Text = "good"; return judge(p) }
	s.mu.Unlock()
	for _, change := range []struct {
		path string
		want lsp.JobState
	}{{"/elsewhere/lib.py", lsp.JobUnverified}, {filepath.Join(dir, "lib.py"), lsp.JobVerified}} {
		ok(t, e.Notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": uri.File(change.path), "type": 2}}}))
		_, err = e.AwaitResults("f", inState(change.want))
		ok(t, err)
	}
}

func TestNotebook(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, nil)
	cell := uri.URI("vscode-notebook-cell:/w/n.ipynb#W0")
	other := uri.URI("vscode-notebook-cell:/w/n.ipynb#W1")
	text, at := cursor(two)
	item := func(u uri.URI, language, text string) map[string]any {
		return map[string]any{"uri": u, "languageId": language, "version": 1, "text": text}
	}
	nb := map[string]any{"uri": "file:///w/n.ipynb", "notebookType": "jupyter-notebook", "version": 1,
		"cells": []any{map[string]any{"kind": 2, "document": cell}, map[string]any{"kind": 1, "document": other}}}
	ok(t, e.Notify("notebookDocument/didOpen", map[string]any{"notebookDocument": nb,
		"cellTextDocuments": []any{item(cell, "python", text), item(other, "markdown", text)}}))
	inline := func(u uri.URI) int {
		var list protocol.InlineCompletionList
		ok(t, e.Call(ctx, "textDocument/inlineCompletion", map[string]any{"textDocument": map[string]any{"uri": u},
			"position": lsptest.PositionOf(text, at, e.Encoding), "context": map[string]any{"triggerKind": 2}}, &list))
		return len(list.Items)
	}
	if got := inline(cell); got != 1 {
		t.Errorf("%d items in a cell of Python", got)
	}
	if got := inline(other); got != 0 {
		t.Errorf("%d items in a cell of markdown", got)
	}
	// The cell's text changes, a new cell comes, the old one goes.
	added := uri.URI("vscode-notebook-cell:/w/n.ipynb#W2")
	ok(t, e.Notify("notebookDocument/didChange", map[string]any{
		"notebookDocument": map[string]any{"uri": "file:///w/n.ipynb", "version": 2},
		"change": map[string]any{"cells": map[string]any{
			"structure": map[string]any{
				"array":    map[string]any{"start": 0, "deleteCount": 1, "cells": []any{map[string]any{"kind": 2, "document": added}}},
				"didOpen":  []any{item(added, "python", "")},
				"didClose": []any{map[string]any{"uri": cell}},
			},
			"textContent": []any{map[string]any{"document": map[string]any{"uri": added, "version": 2},
				"changes": []any{map[string]any{"text": text}}}},
		}},
	}))
	if got := inline(cell); got != 0 {
		t.Errorf("%d items in a cell that is gone", got)
	}
	if got := inline(added); got != 1 {
		t.Errorf("%d items in the new cell", got)
	}
	ok(t, e.Notify("notebookDocument/didClose", map[string]any{"notebookDocument": map[string]any{"uri": "file:///w/n.ipynb"},
		"cellTextDocuments": []any{map[string]any{"uri": added}}}))
	if got := inline(added); got != 0 {
		t.Errorf("%d items after closing", got)
	}
}

// TestNeighbouringTests: the checks stand in another file, on disk, open, or changed there.
func TestNeighbouringTests(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	ok(t, os.MkdirAll(filepath.Join(dir, "tests"), 0o755))
	test := filepath.Join(dir, "tests", "test_lib.py")
	ok(t, os.WriteFile(test, []byte("from lib import f\n\n\ndef test_f():\n    assert f(1) == 2\n"), 0o644))
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, func(c *lsptest.Config) { c.Folders = []string{dir} })
	b, at := open(e, filepath.Join(dir, "lib.py"), "def f(x):\n    |\n")
	for n := 0; len(titles(t, e, b)) == 0; { // until the tests have been found
		var err error
		n, err = e.AwaitRefresh(n)
		ok(t, err)
	}
	same(t, "lens", titles(t, e, b), "▶ complete from 1 check")
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 {
		t.Fatalf("%d items", len(items))
	}
	ok(t, e.AcceptInline(ctx, b, items[0]))
	_, err = e.AwaitResults("f", inState(lsp.JobVerified))
	ok(t, err)
	// The user opens the tests and adds one: the accepted body is run again.
	_, _, _, before := s.numbers()
	tb := e.Open(test, "from lib import f\n\n\ndef test_f():\n    assert f(1) == 2\n")
	e.Edit(tb, len(tb.Text), len(tb.Text), "\n\ndef test_g():\n    assert f(2) == 3\n")
	_, err = e.AwaitResults("f", func(r lsp.Results) bool { return r.Checks == 2 && r.State == lsp.JobVerified })
	ok(t, err)
	if _, _, _, after := s.numbers(); after == before {
		t.Error("nothing was run")
	}
}

// TestFaultySpecs are said before anything runs, with a fix where there is one.
func TestFaultySpecs(t *testing.T) {
	ctx := context.Background()
	s := &script{}
	e := edit(t, s, nil)
	b := e.Open("/w/a.py", "def f(x):\n    pass\n\nassert f(1) == 2\nassert f(1) == 3\n")
	var said []protocol.Diagnostic
	ok(t, e.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { said = list; return len(list) > 0 }))
	if said[0].Code != protocol.ProgressToken(protocol.String("contradiction")) || said[0].Severity != protocol.DiagnosticSeverityWarning {
		t.Errorf("diagnostics %+v", said)
	}
	var list []protocol.CodeAction
	ok(t, e.Call(ctx, "textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": b.URI}, "range": said[0].Range,
		"context": map[string]any{"diagnostics": []any{map[string]any{"range": said[0].Range, "message": "m", "source": "greenfill"}}},
	}, &list))
	for _, a := range list {
		if a.Edit != nil {
			ok(t, e.AcceptAction(ctx, a))
			ok(t, e.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
			return
		}
	}
	t.Errorf("no fix among %+v", list)
}

// TestNotebookCells: the checks of one cell are the spec of a function in another, and an
// edit of the one has the other verified again.
func TestNotebookCells(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, nil)
	book := map[string]any{"uri": "file:///w/n.ipynb", "notebookType": "jupyter-notebook", "version": 1}
	var cells, items []any
	texts := []string{"%matplotlib inline\nimport math\n", "def f(x):\n    \"\"\"Floor of x.\"\"\"\n    \n", "assert f(1.5) == math.floor(1.5)\n"}
	uris := make([]uri.URI, len(texts))
	for i, text := range texts {
		uris[i] = uri.URI(fmt.Sprintf("vscode-notebook-cell:/w/n.ipynb#W%d", i))
		cells = append(cells, map[string]any{"kind": 2, "document": uris[i]})
		items = append(items, map[string]any{"uri": uris[i], "languageId": "python", "version": 1, "text": text})
	}
	book["cells"] = cells
	ok(t, e.Notify("notebookDocument/didOpen", map[string]any{"notebookDocument": book, "cellTextDocuments": items}))
	change := func(cell int, version int, text string) {
		t.Helper()
		ok(t, e.Notify("notebookDocument/didChange", map[string]any{
			"notebookDocument": map[string]any{"uri": "file:///w/n.ipynb", "version": version},
			"change": map[string]any{"cells": map[string]any{"textContent": []any{map[string]any{
				"document": map[string]any{"uri": uris[cell], "version": version}, "changes": []any{map[string]any{"text": text}}}}}},
		}))
	}
	ref := lsp.SpecReference{URI: uris[1], Spec: "f"}
	var r lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandComplete, &r, ref))
	if r.Completions != 1 || r.Checks != 1 {
		t.Fatalf("results %+v", r)
	}
	change(1, 2, "def f(x):\n    \"\"\"Floor of x.\"\"\"\n    return good(x)\n")
	ok(t, e.Execute(ctx, lsp.CommandCheck, &r, ref))
	if r.State != lsp.JobVerified {
		t.Fatalf("checked: %+v", r)
	}
	change(2, 3, "assert f(1.5) == math.floor(1.5)\nassert f(2.5) == 2\n")
	again, err := e.AwaitResults("f", func(r lsp.Results) bool { return r.State == lsp.JobVerified && r.Checks == 2 })
	ok(t, err)
	if again.URI != uris[1] {
		t.Errorf("results of %s", again.URI)
	}
}
