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
		cell := uri.URI("vscode-notebook-cell:" + filepath.Join(first, "n.ipynb") + "#W0")
		must(t, c.Notify("notebookDocument/didOpen", map[string]any{
			"notebookDocument": map[string]any{"uri": uri.File(filepath.Join(first, "n.ipynb")), "notebookType": "jupyter-notebook", "version": 1,
				"cells": []any{map[string]any{"kind": 2, "document": cell}}},
			"cellTextDocuments": []any{map[string]any{"uri": cell, "languageId": "python", "version": 1,
				"text": "def half(n):\n    return n / 2\n\nassert half(4) == 2\n"}}}))
		if r := check(&lsptest.Buffer{URI: cell}, "half"); r.State != lsp.JobVerified {
			t.Errorf("results %+v", r)
		}
	})
	must(t, c.Close())
	must(t, c.cmd.Wait())
}
