package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/engine/catalog"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// lib is a module of the first folder; its second check is wrong.
const lib = `import sys
import helper

def double(n):
    return n + helper.same(n)

def prefix():
    return sys.prefix

def late(n):
    if n < 0:
        raise ValueError("negative")
    return n

assert double(2) == 4
assert double(3) == 7
assert late(-1) == 1 or late(2) == 2
assert "VENV" not in prefix()
assert triple(1) == 3
`

// TestSurface speaks with the real binary over its standard input and output, with real
// Pythons in the real sandbox: everything that needs no model.
func TestSurface(t *testing.T) {
	ctx, first, second := context.Background(), t.TempDir(), t.TempDir()
	write := func(path, text string) {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	write(filepath.Join(first, "helper.py"), "def same(n):\n    return n\n")
	write(filepath.Join(first, "lib.py"), strings.ReplaceAll(lib, "VENV", filepath.Join(second, ".venv")))
	write(filepath.Join(second, "other.py"), "import sys\n\ndef prefix():\n    return sys.prefix\n\nassert prefix().endswith('.venv')\n")
	if out, err := exec.Command("python3", "-m", "venv", "--without-pip", filepath.Join(second, ".venv")).CombinedOutput(); err != nil {
		t.Fatalf("making an environment: %v: %s", err, out)
	}
	c := startEditor(t, nil, lsptest.Config{Folders: []string{first, second}, Settings: map[string]any{"idleDelay": 50}})
	text, err := os.ReadFile(filepath.Join(first, "lib.py"))
	must(t, err)
	b := c.Open(filepath.Join(first, "lib.py"), string(text))
	check := func(b *lsptest.Buffer, name string) (r lsp.Results) {
		t.Helper()
		must(t, c.Execute(ctx, lsp.CommandCheck, &r, lsp.SpecReference{URI: b.URI, Spec: name}))
		return r
	}
	in := func(state lsp.JobState) func(lsp.Results) bool {
		return func(r lsp.Results) bool { return r.State == state }
	}
	contains := func(what string, list []string, want string) {
		t.Helper()
		if !slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("no %s contains %q: %q", what, want, list)
		}
	}
	wrong := func(list []protocol.Diagnostic) bool {
		return slices.ContainsFunc(list, func(d protocol.Diagnostic) bool {
			message, _ := d.Message.(protocol.String)
			return d.Range.Start.Line == 15 && strings.Contains(string(message), "6, not 7")
		})
	}
	at := func(part string) int { return strings.Index(b.Text, part) }

	t.Run("check, hover, hints, lenses, diagnostics", func(t *testing.T) {
		if r := check(b, "double"); r.State != lsp.JobUnverified || !strings.Contains(r.Message, "double(3) is 6, not 7") {
			t.Errorf("results %+v", r)
		}
		hover, err := c.Hover(ctx, b, at("double"))
		must(t, err)
		contains("hover", []string{hover}, "`assert double(3) == 7` ✗ is 6")
		hints, err := c.Hints(ctx, b)
		must(t, err)
		contains("hint", hints, "14 ✓")
		contains("hint", hints, "15 ✗ is 6")
		titles, err := c.Titles(ctx, b)
		must(t, err)
		contains("lens", titles, "✗ 1/2 asserts")
		contains("lens", titles, "▶ write triple from 1 check")
		must(t, c.AwaitDiagnostics(b, wrong))
		pulled, err := c.Diagnostics(ctx, b)
		must(t, err)
		if !wrong(pulled) {
			t.Errorf("pulled %+v", pulled)
		}
		actions, err := c.Actions(ctx, b, at("triple"))
		must(t, err)
		if len(actions) == 0 || actions[0].Title != "Greenfill: write triple from its checks" {
			t.Errorf("actions %+v", actions)
		}
	})
	t.Run("an edit of a check, then of the body", func(t *testing.T) {
		c.Replace(b, "== 7", "== 6")
		_, err := c.AwaitResults("double", in(lsp.JobVerified))
		must(t, err)
		must(t, c.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return !wrong(list) }))
		c.Replace(b, "n + helper", "n - helper")
		_, err = c.AwaitResults("double", in(lsp.JobUnverified))
		must(t, err)
		c.Replace(b, "n - helper", "n + helper")
		_, err = c.AwaitResults("double", in(lsp.JobVerified))
		must(t, err)
	})
	t.Run("a file that it imports changes on disk", func(t *testing.T) {
		path := filepath.Join(first, "helper.py")
		write(path, "def same(n):\n    return n + 1\n")
		must(t, c.Notify("workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": uri.File(path), "type": 2}}}))
		_, err := c.AwaitResults("double", in(lsp.JobUnverified))
		must(t, err)
	})
	t.Run("an interpreter for each folder", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(second, "other.py"))
		must(t, err)
		other := c.Open(filepath.Join(second, "other.py"), string(text))
		if r := check(other, "prefix"); r.State != lsp.JobVerified {
			t.Errorf("the second folder: %+v", r)
		}
		c.CloseFile(other)
		if r := check(b, "prefix"); r.State != lsp.JobVerified {
			t.Errorf("the first folder: %+v", r)
		}
	})
	t.Run("check all", func(t *testing.T) {
		var document, workspace []lsp.Results
		must(t, c.Execute(ctx, lsp.CommandCheckDocument, &document, map[string]any{"uri": b.URI}))
		must(t, c.Execute(ctx, lsp.CommandCheckWorkspace, &workspace))
		if len(document) != 3 || len(workspace) != 4 {
			t.Errorf("%d in the document, %d in the folders: %+v", len(document), len(workspace), workspace)
		}
	})
	t.Run("a cell of a notebook", func(t *testing.T) {
		path := filepath.Join(first, "n.ipynb")
		cell := func(n string) *lsptest.Buffer {
			return &lsptest.Buffer{URI: uri.URI("vscode-notebook-cell:" + path + "#" + n)}
		}
		item := func(b *lsptest.Buffer, text string) map[string]any {
			return map[string]any{"uri": b.URI, "languageId": "python", "version": 1, "text": text}
		}
		change := func(version int, cells map[string]any) {
			must(t, c.Notify("notebookDocument/didChange", map[string]any{
				"notebookDocument": map[string]any{"uri": uri.File(path), "version": version}, "change": map[string]any{"cells": cells}}))
		}
		half, twice := cell("W0"), cell("W1")
		must(t, c.Notify("notebookDocument/didOpen", map[string]any{
			"notebookDocument": map[string]any{"uri": uri.File(path), "notebookType": "jupyter-notebook", "version": 1,
				"cells": []any{map[string]any{"kind": 2, "document": half.URI}}},
			"cellTextDocuments": []any{item(half, "def half(n):\n    return n / 2\n\nassert half(4) == 2\n")}}))
		if r := check(half, "half"); r.State != lsp.JobVerified {
			t.Errorf("results %+v", r)
		}

		// An edit in the cell, then a further cell behind it.
		change(2, map[string]any{"textContent": []any{map[string]any{
			"document": map[string]any{"uri": half.URI, "version": 2},
			"changes":  []any{map[string]any{"range": protocol.Range{Start: protocol.Position{Line: 1, Character: 15}, End: protocol.Position{Line: 1, Character: 16}}, "text": "3"}}}}})
		r, err := c.AwaitResults("half", in(lsp.JobUnverified))
		must(t, err)
		if r.URI != half.URI || r.Version != 2 {
			t.Errorf("after the edit: %+v", r)
		}
		change(3, map[string]any{"structure": map[string]any{
			"array":   map[string]any{"start": 1, "deleteCount": 0, "cells": []any{map[string]any{"kind": 2, "document": twice.URI}}},
			"didOpen": []any{item(twice, "def twice(n):\n    return n + n\n\nassert twice(2) == 4\n")}}})
		if r := check(twice, "twice"); r.State != lsp.JobVerified {
			t.Errorf("the added cell: %+v", r)
		}

		// A cell that is taken out is gone, and so are all when the notebook is closed.
		gone := func(b *lsptest.Buffer, name string) {
			t.Helper()
			if err := c.Execute(ctx, lsp.CommandCheck, nil, lsp.SpecReference{URI: b.URI, Spec: name}); err == nil || !strings.Contains(err.Error(), "not open") {
				t.Errorf("%s is not gone: %v", b.URI, err)
			}
		}
		change(4, map[string]any{"structure": map[string]any{
			"array":    map[string]any{"start": 0, "deleteCount": 1},
			"didClose": []any{map[string]any{"uri": half.URI}}}})
		gone(half, "half")
		if r := check(twice, "twice"); r.State != lsp.JobVerified {
			t.Errorf("the cell that is left: %+v", r)
		}
		must(t, c.Notify("notebookDocument/didClose", map[string]any{
			"notebookDocument":  map[string]any{"uri": uri.File(path)},
			"cellTextDocuments": []any{map[string]any{"uri": twice.URI}}}))
		gone(twice, "twice")
	})
	must(t, c.Close())
	must(t, c.cmd.Wait())
}

const halved = "def half(n):\n    return n // 2\n\nassert half(3) == 1.5\n"

// TestSurfaceByPushAndByPull: a client that can ask for diagnostics gets none that it has
// not asked for; one that knows nothing beyond the oldest protocol is sent them, and
// nothing else that it would have to know.
func TestSurfaceByPushAndByPull(t *testing.T) {
	ctx := context.Background()
	faulty := func(list []protocol.Diagnostic) bool { return len(list) == 1 && list[0].Range.Start.Line == 3 }
	t.Run("push only", func(t *testing.T) {
		dir := t.TempDir()
		c := startEditor(t, nil, lsptest.Config{Plain: true, Folders: []string{dir},
			Options: map[string]any{"trusted": true, "settings": map[string]any{"idleDelay": 50}}})
		b := c.Open(filepath.Join(dir, "a.py"), halved)
		must(t, c.Execute(ctx, lsp.CommandCheck, nil, lsp.SpecReference{URI: b.URI, Spec: "half"}))
		must(t, c.AwaitDiagnostics(b, faulty))
		c.Replace(b, "//", "/")
		must(t, c.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
		c.Replace(b, "n / 2", "n")
		must(t, c.AwaitDiagnostics(b, faulty))
		c.CloseFile(b) // what is closed has no diagnostics any more
		must(t, c.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
		if asked := c.Registered(); len(asked) > 0 {
			t.Errorf("the server asked for %q", asked)
		}
		must(t, c.Close())
		must(t, c.cmd.Wait())
	})
	t.Run("pull", func(t *testing.T) {
		dir := t.TempDir()
		c := startEditor(t, nil, lsptest.Config{Pull: true, Folders: []string{dir}})
		b := c.Open(filepath.Join(dir, "a.py"), halved)
		must(t, c.Execute(ctx, lsp.CommandCheck, nil, lsp.SpecReference{URI: b.URI, Spec: "half"}))
		list, err := c.Diagnostics(ctx, b)
		must(t, err)
		if !faulty(list) {
			t.Errorf("pulled %+v", list)
		}
		for range 2 { // what is pushed comes before the refreshes
			seen, err := c.AwaitRefresh(0)
			must(t, err)
			c.Edit(b, len(b.Text), len(b.Text), "\n")
			_, err = c.AwaitRefresh(seen)
			must(t, err)
		}
		must(t, c.Close())
		must(t, c.cmd.Wait())
		if pushed, ok := c.Pushed(b); ok {
			t.Errorf("pushed as well: %+v", pushed)
		}
	})
}

// TestSurfaceWithAModel: a function that only a test names is written, and a proof of it
// saved, in the editor; the command line runs its checks, and draws it again.
func TestSurfaceWithAModel(t *testing.T) {
	model := smallest(t)
	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "a.py")
	c := startEditor(t, nil, lsptest.Config{Folders: []string{dir}, Options: map[string]any{"trusted": true, "notifications": true,
		"settings": map[string]any{"model": model, "maxLoad": 0, "onBattery": "sample", "timeLimit": 0, "idleDelay": 50}}})
	b := c.Open(path, "def test_double():\n    assert double(2) == 4\n    assert double(5) == 10\n")
	at := strings.Index(b.Text, "double(2)")
	titled := func(part string) protocol.CodeAction {
		t.Helper()
		actions, err := c.Actions(ctx, b, at)
		must(t, err)
		i := slices.IndexFunc(actions, func(a protocol.CodeAction) bool { return strings.Contains(a.Title, part) })
		if i < 0 {
			t.Fatalf("no action says %q: %+v", part, actions)
		}
		return actions[i]
	}
	titled("write double from its checks")
	if r, err := c.complete(ctx, b, "double"); err != nil || r.Completions == 0 {
		t.Fatalf("results %+v, %v", r, err)
	}
	must(t, c.AcceptAction(ctx, titled("insert def double")))
	_, err := c.AwaitResults("double", func(r lsp.Results) bool { return r.State == lsp.JobVerified })
	must(t, err)
	if text := c.Text(b); !strings.HasPrefix(text, "def double(") {
		t.Fatalf("the text is\n%s", text)
	}

	at = 0 // on its def now
	var saved lsp.Proof
	must(t, c.Run(ctx, titled("save a proof of double").Command, &saved))
	must(t, c.AwaitMessage("double: its proof is in a.double.proof.json"))
	if !saved.Drawn || saved.URI.FsPath() != filepath.Join(dir, "a.double.proof.json") {
		t.Errorf("answer %+v", saved)
	}
	must(t, c.Close())
	must(t, c.cmd.Wait())

	replay := exec.Command("greenfill", "check", "--proof", saved.URI.FsPath(), "--resample")
	replay.Env = append(os.Environ(), "GREENFILL_MODELS="+catalog.Dir())
	out, err := replay.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "double: passed") || !strings.HasSuffix(string(out), "drawn again: the same text\n") {
		t.Errorf("%v:\n%s", err, out)
	}
}
