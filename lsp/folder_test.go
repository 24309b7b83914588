package lsp_test

import (
	"testing"

	"go.lsp.dev/uri"

	"greenfill/lsp"
)

// TestPathsOfURIs: escapes are undone, and Windows' drives are written one way only.
func TestPathsOfURIs(t *testing.T) {
	for u, want := range map[uri.URI]string{
		"file:///w/%ED%95%9C%20x/a.py":           "/w/한 x/a.py",
		"file:///w/100%25.py":                    "/w/100%.py",
		"file:///c%3A/Users/a.py":                "c:/Users/a.py",
		"file:///C:/Users/a.py":                  "c:/Users/a.py",
		"file://wsl.localhost/Debian/w/a.py":     "//wsl.localhost/Debian/w/a.py",
		"vscode-notebook-cell:/w/n.ipynb#W0sZmI": "/w/n.ipynb",
		"untitled:Untitled-1":                    "",
	} {
		if got := lsp.PathOf(u); got != want {
			t.Errorf("%s is %q, want %q", u, got, want)
		}
	}
}
