package parser

import (
	"bytes"
	"path"
	"strings"
)

// TestFileNames are the paths at which the tests of the file at path may stand, the
// likeliest first, by the rules of pytest and the habits of projects. Slashes are forward.
func TestFileNames(file string) []string {
	dir, base := path.Split(file)
	stem, isPython := strings.CutSuffix(base, ".py")
	if !isPython || stem == "" || stem == "conftest" || strings.HasPrefix(stem, "test_") || strings.HasSuffix(stem, "_test") {
		return nil
	}
	names := []string{"test_" + stem + ".py", stem + "_test.py"}
	folders := []string{"", "tests/", "test/", "../tests/", "../test/"}
	if parent := path.Base(strings.TrimSuffix(dir, "/")); parent != "." && parent != "/" && dir != "" {
		folders = append(folders, "../tests/"+parent+"/", "../../tests/", "../../tests/"+parent+"/")
	}
	var found []string
	for _, folder := range folders {
		for _, name := range names {
			found = append(found, path.Join(dir, folder, name))
		}
	}
	return found
}

// ConftestNames are the paths of conftest.py files whose fixtures the test file at path
// may use, nearest last, as far up as the path itself says.
func ConftestNames(test string) []string {
	var found []string
	for dir := path.Dir(test); ; dir = path.Dir(dir) {
		found = append([]string{path.Join(dir, "conftest.py")}, found...)
		if dir == "." || dir == "/" || dir == path.Dir(dir) {
			return found
		}
	}
}

// Module is the name under which tests import the file at path.
func Module(file string) string {
	stem := strings.TrimSuffix(path.Base(file), ".py")
	if stem == "__init__" {
		return path.Base(path.Dir(file))
	}
	return stem
}

// A TestFile is a file of tests that stands beside the one it tests, or a conftest.py
// with fixtures.
type TestFile struct {
	Path string
	File *File
}

// WithTests is the file with the checks of other files added to its specs. module is
// the name under which tests import this file, with or without its packages. Their
// statements may come into preludes, with Path set; in their text the import of the
// module is left out, and module.name stands as name.
func (f *File) WithTests(module string, tests ...TestFile) *File {
	return &File{src: f.src, module: module, tests: tests, cache: f.cache}
}

// withoutImport is the source of a test file with its imports of the module, and the
// module's name before a dot, overwritten: the definitions are in the same namespace
// when checks run. Every byte that stays keeps its offset.
func withoutImport(src []byte, module string) []byte {
	if module == "" || !bytes.Contains(src, []byte(lastName(module))) {
		return src
	}
	m := masker{src: bytes.Clone(src), module: lastName(module), names: map[string]bool{}}
	ls, _ := lines(src)
	var visit func(s *stmt)
	visit = func(s *stmt) {
		switch s.word {
		case "from":
			m.maskFrom(s)
		case "import":
			m.maskImport(s)
		}
		for _, inner := range s.body {
			visit(inner)
		}
	}
	visit(statements(src, ls))
	m.maskAttributes()
	return m.src
}

func lastName(dotted string) string { return dotted[strings.LastIndexByte(dotted, '.')+1:] }

type masker struct {
	src    []byte
	module string
	names  map[string]bool // that stand for the module
}

// put overwrites a statement with a shorter one. Line breaks stay.
func (m *masker) put(s *stmt, text string) {
	if text == "" {
		text = "pass"
	}
	if s.end-s.start < len(text) {
		return
	}
	for i := s.start; i < s.end; i++ {
		if m.src[i] != '\n' && m.src[i] != '\r' {
			m.src[i] = ' '
		}
	}
	copy(m.src[s.start:], text)
}

// clauses reads "a, b as c" to the end of the statement: name and alias of each, the
// name again where there is no alias. A dotted name is one name.
func (m *masker) clauses(s *stmt, sc *scanner) [][2]string {
	var found [][2]string
	name, alias, as := "", "", false
	flush := func() {
		if name != "" {
			if alias == "" {
				alias = name
			}
			found = append(found, [2]string{name, alias})
		}
		name, alias, as = "", "", false
	}
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		word := string(m.src[t.start:t.end])
		switch {
		case word == ",":
			flush()
		case word == "as":
			as = true
		case as && t.kind == tokName:
			alias = word
		case t.kind == tokName || word == "." || word == "*":
			name += word
		}
	}
	flush()
	return found
}

// maskFrom: from module import f, g as h becomes h=g; from package import module goes.
func (m *masker) maskFrom(s *stmt) {
	sc := scanner{src: m.src[:s.end], pos: s.start}
	sc.next()
	from := ""
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		word := string(m.src[t.start:t.end])
		if word == "import" {
			break
		}
		from += word
	}
	imports := m.clauses(s, &sc)
	if lastName(from) == m.module {
		var aliases []string
		for _, c := range imports {
			if c[0] != c[1] {
				aliases = append(aliases, c[1]+"="+c[0])
			}
		}
		m.put(s, strings.Join(aliases, ";"))
		return
	}
	for _, c := range imports {
		if c[0] == m.module && len(imports) == 1 {
			m.names[c[1]] = true
			m.put(s, "")
		}
	}
}

// maskImport: import module, os becomes import os.
func (m *masker) maskImport(s *stmt) {
	sc := scanner{src: m.src[:s.end], pos: s.start}
	sc.next()
	var others []string
	found := false
	for _, c := range m.clauses(s, &sc) {
		if lastName(c[0]) == m.module {
			m.names[c[1]] = true
			found = true
			continue
		}
		other := c[0]
		if c[1] != c[0] {
			other += " as " + c[1]
		}
		others = append(others, other)
	}
	switch {
	case found && len(others) == 0:
		m.put(s, "")
	case found:
		m.put(s, "import "+strings.Join(others, ","))
	}
}

// maskAttributes: module.f becomes f, with blanks behind it.
func (m *masker) maskAttributes() {
	if len(m.names) == 0 {
		return
	}
	sc := scanner{src: m.src}
	chain, start, dot := "", 0, false
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		word := string(m.src[t.start:t.end])
		switch {
		case t.kind == tokName && dot && m.names[chain]:
			copy(m.src[start:t.end], word+strings.Repeat(" ", t.end-start-len(word)))
			chain, dot = "", false
		case t.kind == tokName && dot:
			chain, dot = chain+"."+word, false
		case t.kind == tokName:
			chain, start = word, t.start
		case word == "." && chain != "":
			dot = true
		default:
			chain, dot = "", false
		}
	}
}
