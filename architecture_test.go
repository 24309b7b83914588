package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// This file is a statement of policy: ARCHITECTURE.md's ladder, as a test. A rule is
// not to be loosened to make a build pass; a new edge changes the drawing first.

// layers says which of this module's packages each package may import, and why no more.
var layers = map[string]struct {
	may    []string
	reason string
}{
	"": {[]string{"lsp", "lsp/lsptest", "completion", "completion/eval", "completion/sandbox", "parser", "engine", "engine/bench", "engine/catalog", "engine/kernel", "engine/memory"},
		"main wires everything and holds no logic"},
	"lsp":                {[]string{"completion", "parser"}, "speaks editor; knows no Python and no tensors"},
	"lsp/lsptest":        {[]string{"lsp", "completion", "parser"}, "the fake editor"},
	"completion":         {[]string{"completion/sandbox", "parser", "engine"}, "the only package that knows all three"},
	"completion/eval":    {[]string{"completion", "completion/sandbox", "parser", "engine"}, "the experiments run on the Completer that the editor uses"},
	"completion/sandbox": {nil, "runs Python; knows neither specs nor models"},
	"parser":             {nil, "speaks Python; knows no models"},
	"engine":             {[]string{"engine/gguf", "engine/tokenizer", "engine/kernel", "engine/memory"}, "speaks tensors; knows no Python"},
	"engine/bench":       {[]string{"engine", "engine/kernel"}, "measures what engine offers to everyone"},
	"engine/gguf":        {nil, "a file format"},
	"engine/tokenizer":   {nil, "text and token ids; the vocabulary is handed to it"},
	"engine/kernel":      {nil, "loops over numbers"},
	"engine/catalog":     {[]string{"engine/memory"}, "knows files, not what is in them"},
	"engine/memory":      {nil, "asks the system"},
	"engine/modeltest":   {[]string{"engine/catalog"}, "for tests alone: where the real models lie"},
}

// guarded are imports that only the named packages may have.
var guarded = map[string]struct {
	only   []string
	reason string
}{
	"net":       {[]string{"completion/sandbox"}, "the server opens no network connection; sandbox talks to its own children over socket pairs, and proves that they cannot connect"},
	"net/http":  {[]string{"engine/catalog"}, "fetching a model is a command of its own"},
	"os/exec":   {[]string{"", "completion/sandbox", "engine/catalog", "engine/bench"}, "only confined Python, the user's pip, a benchmark's peer named by the user, and main's own `model pull` are started"},
	"unsafe":    {[]string{"engine/kernel", "engine/gguf", "completion/sandbox"}, "memory maps, kernels and system calls"},
	"C":         {[]string{"engine/kernel"}, "kernels are the only C of this project"},
	"reflect":   {nil, "nothing here needs it outside tests"},
	"math/rand": {nil, "math/rand/v2 has the streams that sampling needs"},
}

// maxLines is the length at which a file must be split.
const maxLines = 800

type goFile struct {
	path, pkg string
	ast       *ast.File
	lines     int
	test      bool
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			pkg = ""
		}
		files = append(files, goFile{path, pkg, tree, strings.Count(string(src), "\n"), strings.HasSuffix(path, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go files found: the test runs in the wrong folder")
	}
	return files
}

func imports(t *testing.T, f goFile) []string {
	t.Helper()
	var paths []string
	for _, spec := range f.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

func TestImportLadder(t *testing.T) {
	for _, f := range goFiles(t) {
		layer, known := layers[f.pkg]
		if !known {
			t.Errorf("%s: package %q is not on the ladder; draw it in ARCHITECTURE.md, then add it here", f.path, f.pkg)
			continue
		}
		if f.test {
			continue // a test may look at anything
		}
		for _, p := range imports(t, f) {
			own, ours := strings.CutPrefix(p, "greenfill/")
			if ours && !slices.Contains(layer.may, own) {
				t.Errorf("%s imports %s; %q may not: %s", f.path, p, f.pkg, layer.reason)
			}
			if g, ok := guarded[p]; ok && !slices.Contains(g.only, f.pkg) {
				t.Errorf("%s imports %s; only %v may: %s", f.path, p, g.only, g.reason)
			}
		}
	}
}

func TestPackageDocs(t *testing.T) {
	docs := map[string][]string{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		docs[f.pkg] = append(docs[f.pkg], nil...)
		if f.ast.Doc != nil {
			docs[f.pkg] = append(docs[f.pkg], f.path)
		}
	}
	for pkg, with := range docs {
		if len(with) != 1 {
			t.Errorf("package %q has %d package comments (%v), want exactly one: what it is and what to call first", pkg, len(with), with)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test || f.pkg == "" {
			continue
		}
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && receiverExported(d) {
					t.Errorf("%s: func %s has no doc comment", f.path, d.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if ts, ok := spec.(*ast.TypeSpec); ok && ts.Name.IsExported() && d.Doc == nil && ts.Doc == nil {
						t.Errorf("%s: type %s has no doc comment", f.path, ts.Name.Name)
					}
				}
			}
		}
	}
}

// receiverExported says whether a function can be reached from outside its package.
func receiverExported(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	id, ok := typ.(*ast.Ident)
	return ok && id.IsExported()
}

func TestFileSizes(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.lines > maxLines {
			t.Errorf("%s has %d lines, at most %d: split it by subject", f.path, f.lines, maxLines)
		}
	}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); !slices.Contains([]string{".c", ".h", ".py", ".ts", ".lua", ".mjs"}, ext) {
			return nil
		}
		src, err := os.ReadFile(path)
		if lines := strings.Count(string(src), "\n"); lines > maxLines {
			t.Errorf("%s has %d lines, at most %d: split it by subject", path, lines, maxLines)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
