package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// A place says where a file stands among the packages of its workspace, by the rule by
// which pytest imports files: the first folder upwards that has no __init__.py is where
// imports begin, and the names of the folders below it are the package. Nothing outside
// the workspace is looked at.
type place struct {
	File    string `json:"file"`    // its path
	Package string `json:"package"` // "pkg.sub"; "" if it is in none
	Module  string `json:"module"`  // its own full name: "pkg.sub.mod", of an __init__.py that of the package

	base string // the folder where imports begin, "" if that is outside the workspace
	top  string // the name of the workspace's own folder if that is the topmost package
}

const initFile = "__init__.py"

// placeOf is where a file stands in the workspace dir; the zero place if it stands
// outside, also by way of a link, or if its folder is not there.
func placeOf(dir, file string) place {
	dir, file = filepath.Clean(dir), filepath.Clean(file)
	folder := filepath.Dir(file)
	if !filepath.IsAbs(file) || !holds(dir, folder) {
		return place{}
	}
	p := place{File: file}
	var names []string
	for p.base = folder; isFile(filepath.Join(p.base, initFile)) && isIdentifier(filepath.Base(p.base)); p.base = filepath.Dir(p.base) {
		names = append(names, filepath.Base(p.base))
		if p.base == dir {
			p.base, p.top = "", names[len(names)-1]
			break
		}
	}
	if p.base != "" && p.base != folder && !holds(dir, p.base) {
		return place{}
	}
	slices.Reverse(names)
	if len(names) == 0 {
		names = namespace(dir, folder)
	}
	p.Package = strings.Join(names, ".")
	p.Module = p.Package
	if stem := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)); stem != "__init__" {
		p.Module = strings.TrimPrefix(p.Package+"."+stem, ".")
	}
	return p
}

// namespace is the package of a folder without an __init__.py, as Python imports such
// folders from where imports begin: what a relative import in it can only mean.
func namespace(dir, folder string) []string {
	if src := sourceFolder(dir); src != "" && within(folder, []string{src}) {
		dir = src
	}
	below, err := filepath.Rel(dir, folder)
	if err != nil || below == "." {
		return nil
	}
	names := strings.Split(below, string(filepath.Separator))
	if slices.ContainsFunc(names, func(n string) bool { return !isIdentifier(n) }) {
		return nil
	}
	return names
}

// sourceFolder is the folder src of a workspace, "" if it has none or that is a package.
func sourceFolder(dir string) string {
	src := filepath.Join(dir, "src")
	if info, err := os.Stat(src); err != nil || !info.IsDir() || isFile(filepath.Join(src, initFile)) || !holds(dir, src) {
		return ""
	}
	return src
}

// ImportFolders are the folders of a workspace in which imports of a file of it begin, in
// the order in which they are looked through: where the file's own package lies, the
// workspace, and src in it.
func ImportFolders(dir, file string) []string {
	if dir == "" {
		return nil
	}
	return importFolders(dir, placeOf(dir, file))
}

func importFolders(dir string, places ...place) []string {
	var list []string
	add := func(folder string) {
		if folder != "" && !slices.Contains(list, folder) {
			list = append(list, folder)
		}
	}
	for _, p := range places {
		add(p.base)
	}
	add(filepath.Clean(dir))
	add(sourceFolder(dir))
	return list
}

// imports are what a program's import statements depend on beside the files themselves.
type imports struct {
	Folders []string         // for sys.path
	Top     string           // the package that the workspace itself is, "" if it is none
	Places  map[string]place // of the program's file, under "", and of others, by path
}

func importsOf(p *Program) imports {
	if p.Dir == "" {
		return imports{}
	}
	own := placeOf(p.Dir, p.File)
	i := imports{Top: own.top, Places: map[string]place{"": own}}
	places := []place{own}
	add := func(file string) {
		if _, known := i.Places[file]; known {
			return
		}
		at := placeOf(p.Dir, file)
		i.Places[file] = at
		places = append(places, at)
		if i.Top == "" {
			i.Top = at.top
		}
	}
	for _, f := range p.Prelude {
		add(f.File)
	}
	for _, c := range p.Checks {
		add(c.File)
	}
	i.Folders = importFolders(p.Dir, places...)
	return i
}

// holds says whether folder is dir or lies in it, with links followed as well as without.
func holds(dir, folder string) bool {
	if !within(folder, []string{dir}) {
		return false
	}
	realDir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	real, err := filepath.EvalSymlinks(folder)
	return err == nil && within(real, []string{realDir})
}

// within says whether path is one of the folders or lies inside one.
func within(path string, folders []string) bool {
	for _, f := range folders {
		if path == f || strings.HasPrefix(path, strings.TrimSuffix(f, string(filepath.Separator))+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// isIdentifier says whether a name can stand in an import statement.
func isIdentifier(name string) bool {
	for i, r := range name {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return name != ""
}
