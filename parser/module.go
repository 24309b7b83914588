package parser

import (
	"path"
	"strings"
)

// A body may use what its file imports from modules of the same project. This is where
// such modules may stand, and what of them a spec's text speaks of; see also Definitions.

// ModuleFiles are the paths at which a module that the file at path imports may stand,
// the likeliest first: "a.b" below one of the roots, which Python would look through, and
// ".b" or "..b" beside the file or above it. Slashes are forward. Modules of Python's own
// library, and what is no module's name, have none.
func ModuleFiles(file string, roots []string, module string) []string {
	rest := strings.TrimLeft(module, ".")
	if up := len(module) - len(rest); up > 0 {
		dir := path.Dir(file)
		for range up - 1 {
			if dir == "." || dir == "/" || dir == path.Dir(dir) {
				return nil
			}
			dir = path.Dir(dir)
		}
		roots = []string{dir}
	}
	names := strings.Split(rest, ".")
	if rest == "" {
		if module == "" {
			return nil
		}
		names = nil
	}
	for _, n := range names {
		if !isIdentifier(n) {
			return nil
		}
	}
	if rest == module && standardModules[names[0]] {
		return nil
	}
	var found []string
	for _, root := range roots {
		at := path.Join(append([]string{root}, names...)...)
		found = append(found, at+"/__init__.py")
		if len(names) > 0 {
			found = append(found, at+".py")
		}
		found = append(found, at+"/__init__.pyi")
		if len(names) > 0 {
			found = append(found, at+".pyi")
		}
	}
	return found
}

// Submodule is the module called name in a package, "." and ".." included.
func Submodule(pkg, name string) string {
	if strings.HasSuffix(pkg, ".") {
		return pkg + name
	}
	return pkg + "." + name
}

// An ImportStatement is a statement at module level that imports.
type ImportStatement struct {
	Fragment
	Imports []Import
}

// ImportStatements are those whose names a body may use, in file order, whether Prelude
// has them or not.
func (s *Spec) ImportStatements() []ImportStatement {
	if s.imports == nil {
		return nil
	}
	return s.imports()
}

func (f *function) importStatements() []ImportStatement {
	s := f.newSlice(false)
	var list []ImportStatement
	for i, m := range f.x.module {
		if m.part.tests || m.kind != stmtSimple || m.word != "import" && m.word != "from" || !s.admits(i) {
			continue
		}
		if imports := importsOf(m.part, m.stmt); len(imports) > 0 {
			list = append(list, ImportStatement{m.fragment(), imports})
		}
	}
	return list
}

// A Mention says where a name is spoken of.
type Mention int

const (
	MentionNone Mention = iota
	MentionFile         // elsewhere in the file
	MentionSpec         // in the function as far as it is written, or in its checks
)

// Mentions are the words of the spec's file and checks, and of those behind a name with a
// dot, as "members" of it: m.f is the word f of m.
func (s *Spec) Mentions(of string) map[string]Mention {
	found := map[string]Mention{}
	if s.sources != nil {
		for _, src := range s.sources() {
			mention(found, MentionFile, string(src), of)
		}
	}
	mention(found, MentionSpec, s.Head(), of)
	mention(found, MentionSpec, s.Begun, of)
	for _, c := range s.Checks {
		mention(found, MentionSpec, c.Code, of)
	}
	return found
}

// mention notes the words of a text: all of them, or those behind "of.".
func mention(found map[string]Mention, where Mention, text, of string) {
	for start, end := range words(text) {
		if of != "" {
			before, dot := strings.CutSuffix(text[:start], ".")
			before, named := strings.CutSuffix(before, of)
			if !dot || !named || before != "" && (isNameByte(before[len(before)-1]) || before[len(before)-1] == '.') {
				continue
			}
		}
		found[text[start:end]] = max(found[text[start:end]], where)
	}
}

// sources are the texts of the file itself and of the other cells.
func (f *function) sources() [][]byte {
	var list [][]byte
	for _, p := range f.x.parts {
		if !p.tests {
			list = append(list, p.src)
		}
	}
	return list
}
