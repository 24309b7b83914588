package lsp_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestComplaintsAreAnswered: docs/complaints.md has a row for each theme that concerns
// the editor, and each test that it names exists.
func TestComplaintsAreAnswered(t *testing.T) {
	data, err := os.ReadFile("../docs/complaints.md")
	ok(t, err)
	sources := map[string]string{ // all tests, by who names them
		"":       tests(t, "..", "_test.go"),
		"vscode": tests(t, "../vscode-client/test", ".test.mjs"),
		"nvim":   tests(t, "../nvim-client/test", "_spec.lua"),
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	rows := map[int]bool{}
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(line, " | ")
		n, err := strconv.Atoi(strings.TrimPrefix(cells[0], "| "))
		if err != nil || len(cells) != 4 {
			continue
		}
		rows[n] = true
		names := quoted.FindAllStringSubmatch(cells[3], -1)
		if len(names) == 0 {
			t.Errorf("row %d names no test", n)
		}
		for _, name := range names {
			where, what, found := strings.Cut(name[1], ": ")
			want := `("` + what + `", `
			if !found {
				where, want = "", "\nfunc "+name[1]+"("
			}
			// Lua's strings stand in single quotes where they hold none.
			if source := sources[where]; !strings.Contains(source, want) && !strings.Contains(source, strings.ReplaceAll(want, `"`, "'")) {
				t.Errorf("row %d: there is no test %s", n, name[1])
			}
		}
	}
	for n := 1; n <= 30; n++ {
		switch n {
		case 9, 10, 25, 26: // the engine's and the sandbox's
		default:
			if !rows[n] {
				t.Errorf("row %d is missing", n)
			}
		}
	}
}

// tests are the files below a folder whose names end so, one behind the other.
func tests(t *testing.T, dir, ending string) string {
	var b strings.Builder
	ok(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ending) {
			data, err := os.ReadFile(path)
			b.Write(data)
			return err
		}
		return nil
	}))
	return b.String()
}
