package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.lsp.dev/uri"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// TestSurfaceOfPackages: files of packages in two workspace folders, each with modules of
// its own, and a document without a place, which is in no package.
func TestSurfaceOfPackages(t *testing.T) {
	ctx, outer := context.Background(), t.TempDir()
	var folders []string
	for i, rate := range []string{"2", "3"} {
		dir := filepath.Join(outer, []string{"a", "b"}[i])
		folders = append(folders, dir)
		for name, text := range map[string]string{"src/pkg/__init__.py": "", "src/pkg/sub/__init__.py": "", "src/pkg/rate.py": "RATE = " + rate + "\n"} {
			path := filepath.Join(dir, name)
			must(t, os.MkdirAll(filepath.Dir(path), 0o755))
			must(t, os.WriteFile(path, []byte(text), 0o644))
		}
	}
	c := startEditor(t, nil, lsptest.Config{Folders: folders, Settings: map[string]any{"idleDelay": 50}})
	for i, want := range []string{"2", "3"} {
		b := c.Open(filepath.Join(folders[i], "src/pkg/sub/a.py"), "from ..rate import RATE\nimport pkg.rate\n\ndef scale(x):\n    return x * RATE * pkg.rate.RATE // RATE\n\nassert scale(1) == "+want+"\n")
		var r lsp.Results
		must(t, c.Execute(ctx, lsp.CommandCheck, &r, lsp.SpecReference{URI: b.URI, Spec: "scale"}))
		if r.State != lsp.JobVerified {
			t.Errorf("%s: %+v", b.URI, r)
		}
	}
	const text = "from .rate import RATE\n\ndef scale(x):\n    return RATE\n\nassert scale(1) == 2\n"
	unsaved := uri.URI("untitled:Untitled-1")
	must(t, c.Notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": unsaved, "languageId": "python", "version": 1, "text": text}}))
	var r lsp.Results
	must(t, c.Execute(ctx, lsp.CommandCheck, &r, lsp.SpecReference{URI: unsaved, Spec: "scale"}))
	if r.State != lsp.JobUnverified || !strings.Contains(r.Message, "no known parent package") {
		t.Errorf("without a place: %+v", r)
	}
	must(t, c.Close())
	must(t, c.cmd.Wait())
}
