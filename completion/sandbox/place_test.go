package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// plant writes files into a new folder, and returns that, with links followed. A text that
// begins with "-> " makes a link.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		to, link := strings.CutPrefix(text, "-> ")
		if link {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPlace: the folders and names are those that pytest would find, and none outside.
func TestPlace(t *testing.T) {
	outer := plant(t, map[string]string{
		"w/pkg/__init__.py": "", "w/pkg/a.py": "", "w/pkg/sub/__init__.py": "", "w/pkg/sub/b.py": "", "w/pkg/data/c.py": "",
		"w/src/lib/__init__.py": "", "w/src/lib/d.py": "", "w/src/loose/e.py": "", "w/scripts/f.py": "", "w/my-tools/g.py": "",
		"w/my-tools/h/__init__.py": "", "w/odd-one/__init__.py": "", "w/odd-one/in/__init__.py": "", "w/odd-one/in/i.py": "", "w/z.py": "",
		"top/__init__.py": "", "top/j.py": "", "top/deep/__init__.py": "", "top/deep/k.py": "", "top/src/__init__.py": "", "top/src/l.py": "",
		"w/link": "-> ../top", "w/pkg/back": "-> ../scripts", "v": "-> w", "file/src": "no folder",
	})
	for _, test := range []struct{ dir, file, module, pkg, folders, top string }{
		{"w", "w/pkg/a.py", "pkg.a", "pkg", ". src", ""},
		{"w", "w/pkg/__init__.py", "pkg", "pkg", ". src", ""},
		{"w", "w/pkg/sub/b.py", "pkg.sub.b", "pkg.sub", ". src", ""},
		{"w", "w/pkg/sub/not_there_yet.py", "pkg.sub.not_there_yet", "pkg.sub", ". src", ""},
		{"w", "w/src/lib/d.py", "lib.d", "lib", "src .", ""},
		{"w", "w/z.py", "z", "", ". src", ""},
		{"w", "w/note.ipynb", "note", "", ". src", ""},
		// Folders without an __init__.py: imports begin there, and relative ones go by the path.
		{"w", "w/scripts/f.py", "scripts.f", "scripts", "scripts . src", ""},
		{"w", "w/pkg/data/c.py", "pkg.data.c", "pkg.data", "pkg/data . src", ""},
		{"w", "w/src/loose/e.py", "loose.e", "loose", "src/loose . src", ""},
		{"w", "w/my-tools/g.py", "g", "", "my-tools . src", ""},
		{"w", "w/my-tools/h/__init__.py", "h", "h", "my-tools . src", ""},
		{"w", "w/odd-one/in/i.py", "in.i", "in", "odd-one . src", ""},
		// The workspace is a package, or lies in one: no folder above it comes in.
		{"top", "top/j.py", "top.j", "top", ".", "top"},
		{"top", "top/deep/k.py", "top.deep.k", "top.deep", ".", "top"},
		{"top", "top/src/l.py", "top.src.l", "top.src", ".", "top"},
		{"top/deep", "top/deep/k.py", "deep.k", "deep", ".", "deep"},
		// Links: into the workspace they are followed, out of it they are not.
		{"v", "v/pkg/a.py", "pkg.a", "pkg", ". src", ""},
		{"w", "w/pkg/back/f.py", "pkg.back.f", "pkg.back", "pkg/back . src", ""},
		{"w", "w/link/j.py", "", "", ". src", ""},
		{"w", "w/link/deep/k.py", "", "", ". src", ""},
		// No place.
		{"w", "", "", "", ". src", ""},
		{"w", "top/j.py", "", "", ". src", ""},
		{"w", "w/../top/j.py", "", "", ". src", ""},
		{"w", "w2/a.py", "", "", ". src", ""},
		{"w", "w/nowhere/a.py", "", "", ". src", ""},
		{"file", "file/a.py", "a", "", ".", ""},
	} {
		dir, file := filepath.Join(outer, test.dir), ""
		if test.file != "" {
			file = outer + "/" + test.file
		}
		got := placeOf(dir, file)
		var folders []string
		for _, f := range ImportFolders(dir, file) {
			below, err := filepath.Rel(dir, f)
			if err != nil {
				t.Fatal(err)
			}
			folders = append(folders, below)
		}
		if got.Module != test.module || got.Package != test.pkg || got.top != test.top || !slices.Equal(folders, strings.Fields(test.folders)) {
			t.Errorf("%s in %s: module %q, package %q, folders %q, top %q", test.file, test.dir, got.Module, got.Package, folders, got.top)
		}
	}
	if got := placeOf(filepath.Join(outer, "w"), "pkg/a.py"); got != (place{}) {
		t.Errorf("a path from nowhere: %+v", got)
	}
	if got := ImportFolders("", "/w/a.py"); got != nil {
		t.Errorf("no workspace: %q", got)
	}
}
