package lsp_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/uri"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// prompt is the last prompt that was sampled, and how many there were.
func (s *script) prompt() (string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.prompts) == 0 {
		return "", 0
	}
	return s.prompts[len(s.prompts)-1], len(s.prompts)
}

const importing = "from geo import helper\n\ndef f(x):\n    |\n\nassert f(1) == helper(2)\n"

// TestImportedModules: a prompt shows what the modules of the project define, as the editor
// has them. Where nothing has passed, a change of what it shows has the next request begin
// another job; where something has, or the same is shown, none.
func TestImportedModules(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	ok(t, os.WriteFile(filepath.Join(dir, "geo.py"), []byte("def helper(disk): return 1\n"), 0o600))
	s := &script{bodies: []string{"    return bad(x)"}}
	e := edit(t, s, func(c *lsptest.Config) { c.Folders = []string{dir} })
	geo := e.Open(filepath.Join(dir, "geo.py"), "def helper(editor):\n    \"\"\"Help.\"\"\"\n    return 1\n")
	b, at := open(e, filepath.Join(dir, "a.py"), importing)
	ask := func() (string, int) {
		t.Helper()
		_, err := e.Inline(ctx, b, at, automatic)
		ok(t, err)
		return s.prompt()
	}
	text, n := ask()
	if n != 1 || !strings.Contains(text, "from geo import helper\ndef helper(editor):\n    \"\"\"Help.\"\"\"\n    ...\n") {
		t.Fatalf("%d prompts, the last is\n%s", n, text)
	}
	e.Replace(geo, "return 1", "return 2")
	if _, n := ask(); n != 1 {
		t.Error("a body of the module changed, and a job began")
	}
	e.Replace(geo, "(editor)", "(typed)")
	for start := time.Now(); time.Since(start) < lsptest.Timeout; { // the look at the module comes in the background
		if text, n = ask(); n > 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if n != 2 || !strings.Contains(text, "def helper(typed)") {
		t.Errorf("%d prompts, the last is\n%s", n, text)
	}
}

// TestImportedModuleChangesOnDisk: bodies that passed with a module as it was are not
// offered any more, whether it is open or not.
func TestImportedModuleChangesOnDisk(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, func(c *lsptest.Config) { c.Folders = []string{dir} })
	b, at := open(e, filepath.Join(dir, "a.py"), importing)
	ok(t, e.Execute(ctx, lsp.CommandComplete, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	if items, err := e.Inline(ctx, b, at, automatic); err != nil || len(items) != 1 {
		t.Fatalf("%d items, %v", len(items), err)
	}
	s.say("    return bad(x)")
	path := filepath.Join(dir, "geo.py")
	ok(t, os.WriteFile(path, []byte("def helper(new): return 1\n"), 0o600))
	changed := map[string]any{"changes": []any{map[string]any{"uri": uri.File(path), "type": 1}}}
	ok(t, e.Notify("workspace/didChangeWatchedFiles", changed))
	n := 0
	text := ""
	for start := time.Now(); time.Since(start) < lsptest.Timeout; {
		items, err := e.Inline(ctx, b, at, automatic)
		ok(t, err)
		if text, n = s.prompt(); n == 2 {
			if len(items) != 0 {
				t.Errorf("offered %+v", items)
			}
			break
		}
		time.Sleep(time.Millisecond)
	}
	if n != 2 || !strings.Contains(text, "def helper(new)") {
		t.Errorf("%d prompts, the last is\n%s", n, text)
	}
}
