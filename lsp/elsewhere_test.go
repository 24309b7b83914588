package lsp_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// TestOutcomesInTestFile: how the checks of a file of tests ended stands in it, too, while
// it is open and as it was then; a check of two functions is marked once.
func TestOutcomesInTestFile(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s := &script{}
	e := edit(t, s, func(c *lsptest.Config) { c.Folders = []string{dir} })
	const tests = "from a import f, g\n\ndef test_f():\n    assert f(1) == 1\n\ndef test_both():\n    assert f(2) == g(2)\n"
	ok(t, os.WriteFile(filepath.Join(dir, "test_a.py"), []byte(tests), 0o600))
	b := e.Open(filepath.Join(dir, "a.py"), "def f(x):\n    return x\n\ndef g(x):\n    return good(x)\n")
	test := e.Open(filepath.Join(dir, "test_a.py"), tests)
	same(t, "hints before", hints(t, e, test))
	for _, name := range []string{"f", "g"} {
		var r lsp.Results
		ok(t, e.Execute(ctx, lsp.CommandCheck, &r, lsp.SpecReference{URI: b.URI, Spec: name}))
		if r.Checks == 0 {
			t.Fatalf("no checks: %+v", r)
		}
	}
	same(t, "hints", hints(t, e, test), "3 ✗ is 0", "6 ✓")
	same(t, "hints of the file itself", hints(t, e, b))
	ok(t, e.AwaitDiagnostics(test, func(list []protocol.Diagnostic) bool {
		return len(list) == 1 && list[0].Range.Start.Line == 2 && list[0].Message == protocol.String("is 0, not 1")
	}))
	ok(t, e.AwaitDiagnostics(b, func(list []protocol.Diagnostic) bool { return len(list) == 1 && list[0].Range.Start.Line == 0 }))

	// Over another text nothing is claimed before that was looked at.
	e.Replace(test, "from a", "# moved\nfrom a")
	for start := time.Now(); time.Since(start) < lsptest.Timeout; time.Sleep(time.Millisecond) {
		if got := hints(t, e, test); len(got) > 0 {
			same(t, "hints over another text", got, "4 ✗ is 0", "7 ✓")
			break
		}
	}
	e.CloseFile(b)
	ok(t, e.AwaitDiagnostics(test, func(list []protocol.Diagnostic) bool { return len(list) == 0 }))
}
