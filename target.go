package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"unicode/utf8"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// A target is a source file as it was read, and the place in it that was named.
type target struct {
	path   string
	dir    string // the workspace that its code may read and import from
	below  string // where in it the file lies, "" for dir itself
	raw    []byte // as it was read, in the file's own encoding
	bom    []byte // the byte order mark, kept for writing
	source []byte // as UTF-8, without it
	line   int    // from 1; 0 means the whole file
	offset int    // of the place, in bytes

	abs   string            // the path from the root
	tests []parser.TestFile // files of tests beside it
}

// modules are those that the target may import from its project, for prompts.
func (t *target) modules() completion.Modules {
	return completion.Modules{Path: t.place(), Root: projectOf(t.dir), Read: completion.ReadText}
}

// place is where the file lies in the workspace; a proof's may lie elsewhere by now.
func (t *target) place() string { return filepath.Join(t.dir, t.below, filepath.Base(t.abs)) }

// workspace is where the target's code runs; flag is the interpreter that was asked for.
func (t *target) workspace(flag string) completion.Workspace {
	return completion.Workspace{Dir: t.dir, Path: t.place(), Python: t.python(flag)}
}

// python is the interpreter: the one that was asked for, else that of a virtual environment
// beside the file, of one in the workspace, or the system's; "" if there is none.
func (t *target) python(flag string) string {
	if flag != "" {
		return flag
	}
	path, _ := sandbox.FindPython(filepath.Join(t.dir, t.below), t.dir) // the sandbox says why there is none
	return path
}

// file is a text of the target, with the checks that the files of tests beside it hold.
func (t *target) file(text []byte) *parser.File {
	return completion.WithNeighbours(parser.Parse(text), t.abs, t.tests)
}

// encoded is a text of the target in the file's own encoding, with its byte order mark.
func (t *target) encoded(text []byte) ([]byte, error) {
	return parser.FromUTF8(append(bytes.Clone(t.bom), text...))
}

var bom = []byte("\ufeff")

// openTarget reads FILE[:LINE[:COL]]; lines and columns count from 1, columns in
// characters.
func openTarget(arg string) (*target, error) {
	path, line, col := splitTarget(arg)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, usage("cannot read %s: %v", path, reason(err))
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, usage("cannot tell where %s lies: %v", path, err)
	}
	text, err := parser.ToUTF8(raw)
	if err != nil {
		return nil, usage("cannot read %s: %v", path, err)
	}
	t := &target{path: path, dir: workspaceFor(filepath.Dir(abs)), raw: raw, line: line, abs: abs}
	if t.below, err = filepath.Rel(t.dir, filepath.Dir(abs)); err != nil {
		return nil, usage("cannot tell where %s lies: %v", path, err)
	}
	t.source = bytes.TrimPrefix(text, bom)
	t.bom = text[:len(text)-len(t.source)]
	t.tests = completion.Neighbours(filepath.ToSlash(abs), filepath.ToSlash(projectOf(t.dir)), completion.ReadText)
	if line > 0 {
		if t.offset, err = offsetOf(t.source, line, col); err != nil {
			return nil, usage("%s: %v", path, err)
		}
	}
	return t, nil
}

var placed = regexp.MustCompile(`^(.+?):(\d+)(?::(\d+))?$`)

// splitTarget takes FILE[:LINE[:COL]] apart. A file whose own name ends like a place wins.
func splitTarget(arg string) (path string, line, col int) {
	m := placed.FindStringSubmatch(arg)
	if m == nil || exists(arg) {
		return arg, 0, 0
	}
	if m[3] != "" && exists(m[1]+":"+m[2]) {
		m = []string{"", m[1] + ":" + m[2], m[3], ""}
	}
	line, err := strconv.Atoi(m[2])
	if err != nil || line == 0 {
		return arg, 0, 0
	}
	col, _ = strconv.Atoi(m[3]) // none means the whole line
	return m[1], line, col
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// projectOf is the nearest folder at or above dir that looks like the root of a project,
// or dir itself: tests are taken from there and below.
func projectOf(dir string) string {
	if root := markedRoot(dir); root != "" {
		return root
	}
	return dir
}

// markedRoot is the nearest folder at or above dir that looks like the root of a project,
// "" if none does.
func markedRoot(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		for _, mark := range []string{".git", "pyproject.toml", "setup.py", "setup.cfg", "pytest.ini", "tox.ini"} {
			if exists(filepath.Join(at, mark)) {
				return at
			}
		}
		if at == filepath.Dir(at) {
			return ""
		}
	}
}

// workspaceFor is the folder that the code of the files in dir may read and import from:
// their project's root, or without one the topmost package that they are in. It is never
// the home folder or one above that, which hold more than a project, unless dir is.
func workspaceFor(dir string) string {
	if root := markedRoot(dir); root != "" && !aboveHome(root) {
		return root
	}
	isPackage := func(at string) bool { return exists(filepath.Join(at, "__init__.py")) }
	for isPackage(dir) {
		above := filepath.Dir(dir)
		if above == dir || !isPackage(above) || aboveHome(above) {
			break
		}
		dir = above
	}
	return dir
}

// aboveHome says whether the user's home folder is dir or lies in it.
func aboveHome(dir string) bool {
	home, err := os.UserHomeDir()
	if err != nil {
		return false
	}
	below, err := filepath.Rel(real(dir), real(home))
	return err == nil && filepath.IsLocal(below)
}

// real is a path with links followed, as far as it is there.
func real(path string) string {
	if followed, err := filepath.EvalSymlinks(path); err == nil {
		return followed
	}
	return path
}

// offsetOf is the byte at which a line, or a column of it, begins. Without a column it
// is the end of the line: there a body has been begun, if any has.
func offsetOf(source []byte, line, col int) (int, error) {
	start := 0
	for n := 1; n < line; n++ {
		i := bytes.IndexByte(source[start:], '\n')
		if i < 0 {
			return 0, fmt.Errorf("there is no line %d: the file has %d", line, n)
		}
		start += i + 1
	}
	end := len(source)
	if i := bytes.IndexByte(source[start:], '\n'); i >= 0 {
		end = start + i
	}
	text := bytes.TrimSuffix(source[start:end], []byte("\r"))
	if col == 0 {
		return start + len(text), nil
	}
	at := 0
	for n := 1; n < col; n++ {
		if at == len(text) {
			return 0, fmt.Errorf("there is no column %d on line %d: it has %d characters", col, line, n-1)
		}
		_, size := utf8.DecodeRune(text[at:])
		at += size
	}
	return start + at, nil
}
