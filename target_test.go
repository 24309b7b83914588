package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSplitTarget(t *testing.T) {
	odd := filepath.Join(t.TempDir(), "odd:7")
	if err := os.WriteFile(odd, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		arg, path string
		line, col int
	}{
		{"a.py", "a.py", 0, 0},
		{"a.py:3", "a.py", 3, 0},
		{"a.py:3:9", "a.py", 3, 9},
		{"dir:1/a.py", "dir:1/a.py", 0, 0},
		{"a.py:0", "a.py:0", 0, 0},
		{"a.py:99999999999999999999", "a.py:99999999999999999999", 0, 0},
		{odd, odd, 0, 0},
		{odd + ":2", odd, 2, 0},
	} {
		path, line, col := splitTarget(c.arg)
		if path != c.path || line != c.line || col != c.col {
			t.Errorf("splitTarget(%q) = %q, %d, %d", c.arg, path, line, col)
		}
	}
}

func TestOffsetOf(t *testing.T) {
	source := []byte("ab\r\n가나 x\nlast")
	for _, c := range []struct{ line, col, want int }{
		{1, 0, 2}, {1, 1, 0}, {1, 3, 2}, {2, 1, 4}, {2, 3, 10}, {2, 0, 12}, {3, 0, 17}, {3, 5, 17},
	} {
		if got, err := offsetOf(source, c.line, c.col); err != nil || got != c.want {
			t.Errorf("offsetOf(%d, %d) = %d, %v, want %d", c.line, c.col, got, err, c.want)
		}
	}
	for _, c := range []struct{ line, col int }{{4, 0}, {1, 4}, {3, 6}} {
		if at, err := offsetOf(source, c.line, c.col); err == nil {
			t.Errorf("offsetOf(%d, %d) = %d, want an error", c.line, c.col, at)
		}
	}
}

func TestOpenTarget(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.py")
	if err := os.WriteFile(path, []byte("\ufeffx = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := openTarget(path)
	if err != nil || string(got.source) != "x = 1\n" || string(got.bom) != "\ufeff" {
		t.Fatalf("%+v, %v", got, err)
	}
}

// A file that changed under the command is left alone, a link stays a link, and nothing
// is left beside the file.
func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "a.py"), filepath.Join(dir, "link.py")
	if err := os.WriteFile(path, []byte("\ufeffold"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.py", link); err != nil {
		t.Fatal(err)
	}
	read, err := openTarget(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(read, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(path); string(text) != "\ufeffnew" {
		t.Errorf("the file holds %q", text)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
	if err := replaceFile(read, []byte("newer")); err == nil || !strings.Contains(err.Error(), "was changed") {
		t.Errorf("a changed file: error %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 {
		t.Errorf("%d files, want 2", len(entries))
	}
}
