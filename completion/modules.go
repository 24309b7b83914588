package completion

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// Modules say where the modules lie that a file may import from its own project. Prompts
// show what these define; nothing here is run, and nothing but files of Python is read.
// The zero value shows nothing.
type Modules struct {
	Path string // of the file that imports
	Root string // of its project: nothing outside is read
	Read func(path string) (text string, ok bool)
	// Edition is another number when modules may have changed on disk: a result that is
	// remembered was verified with them as they were.
	Edition int
}

// An Imported is an import statement with stubs of what it brings from the project, as a
// prompt shows it.
type Imported struct {
	parser.Fragment
	Stubs []string // functions, classes and constants without bodies; see parser.Definition
}

// importedBytes bounds what is shown of imported modules, so that as much is left for the
// file's own definitions.
const importedBytes = offeredBytes / 2

// Bounds on the work for one prompt.
const (
	maxModules   = 32 // read
	maxReexports = 4  // from a name to where it is defined
)

// For is what a prompt for the spec shows of the modules that its file imports, with dir
// as the folder that its code may import from: names that the spec speaks of first, then
// those that are imported by name or used in the file, then other functions of modules
// imported as a whole.
func (m Modules) For(spec *parser.Spec, dir string) []Imported {
	if m.Read == nil || m.Path == "" || spec == nil {
		return nil
	}
	r := &moduleReader{Modules: m, known: map[string]*module{}, around: map[string]bool{}}
	r.Path, r.Root = filepath.ToSlash(m.Path), strings.TrimSuffix(filepath.ToSlash(m.Root), "/")
	look := func(folder string) {
		if folder = filepath.ToSlash(folder); folder != "" && !slices.Contains(r.roots, folder) {
			r.roots = append(r.roots, folder)
		}
	}
	for _, folder := range sandbox.ImportFolders(dir, m.Path) { // as it will run
		look(folder)
	}
	for _, root := range []string{dir, r.Root} {
		if root != "" {
			look(root)
			look(filepath.Join(root, "src"))
		}
	}
	statements := spec.ImportStatements()
	var offers []offer
	for i, s := range statements {
		for _, imp := range s.Imports {
			offers = append(offers, r.offers(spec, i, imp)...)
		}
	}
	return chosen(spec, statements, offers)
}

// An offer is a stub that may be shown below statement at; a lower rank goes first.
type offer struct {
	at, rank int
	stub     string
}

const (
	rankSpoken   = iota // by the spec
	rankImported        // by name, or used elsewhere in the file
	rankOther
)

// chosen takes offers in the order of their ranks as long as they fit.
func chosen(spec *parser.Spec, statements []parser.ImportStatement, offers []offer) []Imported {
	left := importedBytes
	taken := make([]bool, len(offers))
	shown := map[int]bool{}
	for rank := rankSpoken; rank <= rankOther; rank++ {
		for k, o := range offers {
			size := len(o.stub) + 1
			s := statements[o.at]
			if !shown[o.at] && !slices.ContainsFunc(spec.Prelude, func(f parser.Fragment) bool { return f.Place == s.Place }) {
				size += len(s.Text) + 1
			}
			if o.rank == rank && size <= left {
				left -= size
				taken[k], shown[o.at] = true, true
			}
		}
	}
	var list []Imported
	for i, s := range statements {
		if !shown[i] {
			continue
		}
		imported := Imported{Fragment: s.Fragment}
		for k, o := range offers {
			if taken[k] && o.at == i && !slices.Contains(imported.Stubs, o.stub) {
				imported.Stubs = append(imported.Stubs, o.stub)
			}
		}
		list = append(list, imported)
	}
	return list
}

// A moduleReader resolves the imports of one file, reading each module once.
type moduleReader struct {
	Modules
	roots []string
	known map[string]*module // by path; nil for what is not there
	reads int

	around map[string]bool // the __init__.py that were asked for by packages
}

// A module is a file that was found.
type module struct {
	path        string
	definitions []parser.Definition
}

// offers are the stubs of what one import brings.
func (r *moduleReader) offers(spec *parser.Spec, at int, imp parser.Import) []offer {
	name := imp.Name
	if imp.As != "" {
		name = imp.As
	}
	switch {
	case imp.Name == "*":
		return members(r.find(r.Path, imp.Module), spec, at, "")
	case imp.Name == "":
		if name == "" {
			name = imp.Module
		}
		return members(r.find(r.Path, imp.Module), spec, at, name)
	}
	if d, ok := r.definition(r.Path, imp, maxReexports); ok {
		rank := rankImported
		if spec.Mentions("")[name] == parser.MentionSpec {
			rank = rankSpoken
		}
		return []offer{{at, rank, d.As(name)}}
	}
	return members(r.find(r.Path, parser.Submodule(imp.Module, imp.Name)), spec, at, name)
}

// members are the stubs of a module that is imported as a whole, under its name, or all of
// whose names are, which have none before them.
func members(m *module, spec *parser.Spec, at int, name string) []offer {
	if m == nil {
		return nil
	}
	mentions := spec.Mentions(name)
	var list []offer
	for _, d := range m.definitions {
		rank := rankOther
		switch mentions[d.Name] {
		case parser.MentionSpec:
			rank = rankSpoken
		case parser.MentionFile:
			rank = rankImported
		}
		if d.Stub == "" || rank == rankOther && (!d.Public() || !d.Function) {
			continue
		}
		stub := d.Stub
		if name != "" {
			stub = d.As(name + "." + d.Name)
		}
		list = append(list, offer{at, rank, stub})
	}
	return list
}

// definition is what an import by name means, in the module that defines it.
func (r *moduleReader) definition(file string, imp parser.Import, hops int) (d parser.Definition, ok bool) {
	m := r.find(file, imp.Module)
	if m == nil || hops == 0 {
		return d, false
	}
	for _, d := range m.definitions {
		if d.Name != imp.Name {
			continue
		}
		if d.Stub != "" {
			return d, true
		}
		if d.From.Name != "" && (m.path != file || d.From.Module != imp.Module) {
			return r.definition(m.path, d.From, hops-1)
		}
		return parser.Definition{}, false
	}
	for _, d := range m.definitions {
		if d.Name == "*" {
			if found, ok := r.definition(m.path, parser.Import{Module: d.From.Module, Name: imp.Name}, hops-1); ok {
				return found, true
			}
		}
	}
	return parser.Definition{}, false
}

// find is the module that a file imports, or nil.
func (r *moduleReader) find(file, name string) *module {
	for _, path := range parser.ModuleFiles(file, r.roots, name) {
		if m := r.module(path); m != nil {
			return m
		}
	}
	return nil
}

func (r *moduleReader) module(file string) *module {
	if m, ok := r.known[file]; ok {
		return m
	}
	r.known[file] = nil
	if r.reads >= maxModules || !r.mayRead(file) {
		return nil
	}
	text, ok := r.Read(file)
	if !ok || len(text) > MaxFile {
		return nil
	}
	r.reads++
	m := &module{path: file, definitions: parser.Definitions([]byte(text))}
	r.known[file] = m
	r.packages(file)
	return m
}

// packages has the packages around a module asked for: they run when it is imported, so
// that a change of theirs counts.
func (r *moduleReader) packages(file string) {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		init := dir + "/__init__.py"
		if r.around[init] || !r.mayRead(init) {
			return
		}
		r.around[init] = true
		if r.known[init] == nil {
			if _, ok := r.Read(init); !ok {
				return
			}
		}
	}
}

// mayRead says whether a path lies in the project, links followed, and is not named like
// one that holds secrets.
func (r *moduleReader) mayRead(path string) bool {
	below, ok := strings.CutPrefix(path, r.Root+"/")
	if !ok || r.Root == "" || namesSecrets(below) {
		return false
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return true // not on disk: an editor may have it
	}
	root, err := filepath.EvalSymlinks(r.Root)
	if err != nil {
		return false
	}
	below, err = filepath.Rel(root, real)
	return err == nil && filepath.IsLocal(below) && !namesSecrets(filepath.ToSlash(below))
}

// namesSecrets says whether a file is named like one that holds secrets, or lies in a
// folder that is, or in a hidden one.
func namesSecrets(path string) bool {
	for part := range strings.SplitSeq(strings.ToLower(path), "/") {
		if strings.HasPrefix(part, ".") {
			return true
		}
		for _, w := range []string{"secret", "credential", "password", "passwd", "private_key", "api_key", "apikey"} {
			if strings.Contains(part, w) {
				return true
			}
		}
	}
	return false
}

// Digest is the same as long as a prompt for the spec shows the same of the modules.
func (m Modules) Digest(spec *parser.Spec, dir string) string { return digestOf(m.For(spec, dir)) }

// digestOf is the same for what is shown alike.
func digestOf(list []Imported) string {
	var parts []any
	for _, i := range list {
		parts = append(parts, i.Text, i.Stubs)
	}
	return digest(parts)
}
