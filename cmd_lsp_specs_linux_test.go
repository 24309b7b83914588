package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// TestSurfaceOfFaultySpecs: what is wrong with checks is said before anything runs, and
// mended by the action that comes with it; a body that does not end says so at its check.
func TestSurfaceOfFaultySpecs(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	c := startEditor(t, nil, lsptest.Config{Folders: []string{dir}, Settings: map[string]any{"idleDelay": 50}})
	b := c.Open(filepath.Join(dir, "a.py"), `def half(x):
    while x == 3:
        pass
    return x / 2

# half(8) = 4
assert half(4) == 2
assert half(3) == 1.5
assert half(2) == 1
`)
	var faulty protocol.Diagnostic
	must(t, c.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool {
		i := slices.IndexFunc(list, func(d protocol.Diagnostic) bool { return d.Range.Start.Line == 5 })
		if i >= 0 {
			faulty = list[i]
		}
		return i >= 0
	}))
	var fixes []protocol.CodeAction
	must(t, c.Call(ctx, "textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": b.URI}, "range": faulty.Range,
		"context": map[string]any{"diagnostics": []any{map[string]any{"range": faulty.Range, "message": "m", "source": "greenfill"}}, "only": []any{"quickfix"}},
	}, &fixes))
	if len(fixes) != 1 || fixes[0].Title != "Write ==" || len(fixes[0].Diagnostics) != 1 {
		t.Fatalf("fixes %+v", fixes)
	}
	must(t, c.AcceptAction(ctx, fixes[0]))
	if !strings.Contains(c.Text(b), "# half(8) == 4\n") {
		t.Errorf("the text is\n%s", c.Text(b))
	}
	must(t, c.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool {
		return !slices.ContainsFunc(list, func(d protocol.Diagnostic) bool { return d.Range.Start.Line == 5 })
	}))
	must(t, c.Execute(ctx, lsp.CommandCheck, nil, lsp.SpecReference{URI: b.URI, Spec: "half"}))
	hints, err := c.Hints(ctx, b)
	must(t, err)
	if len(hints) != 4 || !slices.Equal(hints[:2], []string{"5 ✓", "6 ✓"}) || !strings.HasPrefix(hints[2], "7 ✗ used more than") || hints[3] != "8 · not reached" {
		t.Errorf("hints %q", hints)
	}
	must(t, c.Close())
	must(t, c.cmd.Wait())
}

// TestSurfaceOfCells: a function in one cell of a notebook, its import in the cell before,
// its checks in the cells behind; an edit of any of them has it verified again.
func TestSurfaceOfCells(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "n.ipynb")
	c := startEditor(t, nil, lsptest.Config{Folders: []string{dir}, Settings: map[string]any{"idleDelay": 50}})
	var uris []uri.URI
	var cells, items []any
	for i, text := range []string{
		"%matplotlib inline\nimport math\n\ndef later(x):\n",
		"def floor(x):\n    return math.floor(x)\n",
		"%%time\nassert floor(1.5) == 1\nassert floor(2.5) == later(2)\n",
		"assert floor(-1) == -1\n",
	} {
		cell := uri.URI(fmt.Sprintf("vscode-notebook-cell:%s#W%d", path, i))
		uris = append(uris, cell)
		cells = append(cells, map[string]any{"kind": 2, "document": cell})
		items = append(items, map[string]any{"uri": cell, "languageId": "python", "version": 1, "text": text})
	}
	must(t, c.Notify("notebookDocument/didOpen", map[string]any{"cellTextDocuments": items,
		"notebookDocument": map[string]any{"uri": uri.File(path), "notebookType": "jupyter-notebook", "version": 1, "cells": cells}}))
	change := func(cell, version int, text string) {
		must(t, c.Notify("notebookDocument/didChange", map[string]any{
			"notebookDocument": map[string]any{"uri": uri.File(path), "version": version},
			"change": map[string]any{"cells": map[string]any{"textContent": []any{map[string]any{
				"document": map[string]any{"uri": uris[cell], "version": version}, "changes": []any{map[string]any{"text": text}}}}}}}))
	}
	floor := &lsptest.Buffer{URI: uris[1], Text: "def floor(x):\n    return math.floor(x)\n"}

	// A function without a body in another cell costs the check that calls it, no more.
	var r lsp.Results
	must(t, c.Execute(ctx, lsp.CommandCheck, &r, lsp.SpecReference{URI: floor.URI, Spec: "floor"}))
	if r.State != lsp.JobUnverified || r.Message != "✗ 2/3 asserts: NotImplementedError" {
		t.Errorf("results %+v", r)
	}
	hover, err := c.Hover(ctx, floor, strings.Index(floor.Text, "floor"))
	must(t, err)
	for _, want := range []string{"in cell 3 ✓", "in cell 3 ✗ NotImplementedError", "in cell 4 ✓"} {
		if !strings.Contains(hover, want) {
			t.Errorf("hover %q lacks %q", hover, want)
		}
	}
	titles, err := c.Titles(ctx, floor)
	must(t, err)
	if !slices.Contains(titles, r.Message) {
		t.Errorf("lenses %q", titles)
	}

	// The outcomes stand where the checks do.
	timed := &lsptest.Buffer{URI: uris[2], Text: "%%time\nassert floor(1.5) == 1\nassert floor(2.5) == later(2)\n"}
	last := &lsptest.Buffer{URI: uris[3], Text: "assert floor(-1) == -1\n"}
	marks := func(b *lsptest.Buffer, want ...string) {
		t.Helper()
		hints, err := c.Hints(ctx, b)
		must(t, err)
		if !slices.Equal(hints, want) {
			t.Errorf("hints %q in %s, want %q", hints, b.URI, want)
		}
	}
	marks(timed, "1 ✓", "2 ✗ NotImplementedError")
	marks(last, "0 ✓")
	marks(floor)
	must(t, c.AwaitDiagnostics(timed, func(list []protocol.Diagnostic) bool {
		return len(list) == 1 && list[0].Range.Start.Line == 2 && list[0].Message == protocol.String("NotImplementedError")
	}))
	must(t, c.AwaitDiagnostics(floor, func(list []protocol.Diagnostic) bool { return len(list) == 1 && list[0].Range.Start.Line == 0 }))

	change(2, 2, "assert floor(2.5) == 2\n")
	r, err = c.AwaitResults("floor", func(r lsp.Results) bool { return r.State == lsp.JobVerified && r.Checks == 2 })
	must(t, err)
	if r.URI != floor.URI {
		t.Errorf("results of %s", r.URI)
	}
	timed.Text = "assert floor(2.5) == 2\n"
	for _, b := range []*lsptest.Buffer{timed, floor} {
		must(t, c.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
	}
	marks(timed, "0 ✓")
	change(3, 3, "assert floor(-1, 2) == -1\n")
	must(t, c.AwaitDiagnostics(last, func(list []protocol.Diagnostic) bool {
		return slices.ContainsFunc(list, func(d protocol.Diagnostic) bool { return d.Code == protocol.String("arity") })
	}))
	change(3, 4, "assert floor(-1) == -1\n")
	must(t, c.AwaitDiagnostics(last, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
	_, err = c.AwaitResults("floor", func(r lsp.Results) bool { return r.State == lsp.JobVerified })
	must(t, err)
	change(0, 5, "import cmath as math\n")
	_, err = c.AwaitResults("floor", func(r lsp.Results) bool { return r.State == lsp.JobUnverified })
	must(t, err)
	must(t, c.Close())
	must(t, c.cmd.Wait())
}

// TestSurfaceOfPartnersInCells: the same where they stand in two cells, and the checks in a
// third: one edit of both cells.
func TestSurfaceOfPartnersInCells(t *testing.T) {
	model := smallest(t)
	ctx, dir := context.Background(), t.TempDir()
	c := startEditor(t, nil, lsptest.Config{Folders: []string{dir}, Options: map[string]any{"trusted": true, "notifications": true,
		"settings": map[string]any{"model": model, "maxLoad": 0, "onBattery": "sample", "timeLimit": 0, "idleDelay": 50, "samples": 8}}})
	cells := c.OpenNotebook(filepath.Join(dir, "n.ipynb"),
		"def plus_one(n):\n    \"\"\"Return n + 1.\"\"\"\n",
		"%matplotlib inline\n\ndef minus_one(n):\n    \"\"\"Return n - 1.\"\"\"\n    pass\n",
		"assert minus_one(plus_one(5)) == 5\nassert plus_one(minus_one(2)) == 2\n")
	r, err := c.complete(ctx, cells[0], "plus_one")
	must(t, err)
	if r.Message != "✓ 2/2 asserts · with minus_one" {
		t.Fatalf("results %+v", r)
	}
	titles, err := c.Titles(ctx, cells[0])
	must(t, err)
	if !slices.Contains(titles, r.Message+" — insert") {
		t.Errorf("lenses %q", titles)
	}
	actions, err := c.Actions(ctx, cells[0], strings.Index(cells[0].Text, "plus_one"))
	must(t, err)
	if len(actions) == 0 || actions[0].Title != "Greenfill: write plus_one  "+r.Message {
		t.Fatalf("actions %+v", actions)
	}
	must(t, c.AcceptAction(ctx, actions[0]))
	for _, name := range []string{"plus_one", "minus_one"} {
		_, err = c.AwaitResults(name, func(r lsp.Results) bool { return r.State == lsp.JobVerified })
		must(t, err)
	}
	if text := c.Text(cells[1]); !strings.Contains(text, "    return ") || strings.Contains(text, "pass") || !strings.HasPrefix(text, "%matplotlib inline\n\ndef minus_one") {
		t.Errorf("the second cell is\n%s", text)
	}
	if text := c.Text(cells[0]); !strings.Contains(text, "    return ") {
		t.Errorf("the first cell is\n%s", text)
	}
	hints, err := c.Hints(ctx, cells[2])
	must(t, err)
	if !slices.Equal(hints, []string{"0 ✓", "1 ✓"}) {
		t.Errorf("hints %q", hints)
	}
	must(t, c.Close())
	must(t, c.cmd.Wait())
}

// TestSurfaceOfPartners: two functions that a check needs at once are written by one action.
func TestSurfaceOfPartners(t *testing.T) {
	model := smallest(t)
	ctx, dir := context.Background(), t.TempDir()
	c := startEditor(t, nil, lsptest.Config{Folders: []string{dir}, Options: map[string]any{"trusted": true, "notifications": true,
		"settings": map[string]any{"model": model, "maxLoad": 0, "onBattery": "sample", "timeLimit": 0, "idleDelay": 50, "samples": 8}}})
	b := c.Open(filepath.Join(dir, "a.py"), `def plus_one(n):
    """Return n + 1."""


def minus_one(n):
    """Return n - 1."""


assert minus_one(plus_one(5)) == 5
assert plus_one(minus_one(2)) == 2
`)
	r, err := c.complete(ctx, b, "plus_one")
	must(t, err)
	if r.Message != "✓ 2/2 asserts · with minus_one" {
		t.Fatalf("results %+v", r)
	}
	titles, err := c.Titles(ctx, b)
	must(t, err)
	if !slices.Contains(titles, r.Message+" — insert") {
		t.Errorf("lenses %q", titles)
	}
	actions, err := c.Actions(ctx, b, strings.Index(b.Text, "plus_one"))
	must(t, err)
	if len(actions) == 0 || actions[0].Title != "Greenfill: write plus_one  "+r.Message {
		t.Fatalf("actions %+v", actions)
	}
	must(t, c.AcceptAction(ctx, actions[0]))
	_, err = c.AwaitResults("plus_one", func(r lsp.Results) bool { return r.State == lsp.JobVerified })
	must(t, err)
	if text := c.Text(b); strings.Count(text, "    return ") < 2 {
		t.Errorf("the text is\n%s", text)
	}
	must(t, c.Close())
	must(t, c.cmd.Wait())
}
