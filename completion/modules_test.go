package completion

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"greenfill/parser"
)

// TestModules reads documents of testdata/modules: a file with a function to be written, and
// other files of its project, give the part of the prompt that shows what the body may use,
// and the list of the files that were read.
func TestModules(t *testing.T) {
	paths, err := filepath.Glob("testdata/modules/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files, want := map[string]string{}, map[string]string{}
		for _, f := range archive.Files {
			if f.Name == "prompt" || f.Name == "read" {
				want[f.Name] = string(f.Data)
			} else {
				files["/w/"+f.Name] = string(f.Data)
			}
		}
		var read []string
		m := Modules{Path: "/w/" + archive.Files[0].Name, Root: "/w/", Read: func(path string) (string, bool) {
			text, ok := files[path]
			if ok {
				read = append(read, strings.TrimPrefix(path, "/w/"))
			}
			return text, ok
		}}
		specs := parser.Parse(archive.Files[0].Data).Specs()
		got := map[string]string{"prompt": preludeText(specs[0], m.For(specs[0], "/w"))}
		got["read"] = strings.Join(read, "\n") + "\n"
		for i, f := range archive.Files {
			if text, is := got[f.Name]; is && *update {
				archive.Files[i].Data = []byte(text)
			} else if is && text != want[f.Name] {
				t.Errorf("%s: %s is\n%s\nwant\n%s", path, f.Name, text, want[f.Name])
			}
		}
		if *update {
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// importing is a project with a file that imports, and n functions of a length to import.
func importing(n, length int) (*parser.Spec, Modules) {
	var names, text strings.Builder
	for i := range n {
		fmt.Fprintf(&names, "f%d, ", i)
		fmt.Fprintf(&text, "def f%d(%s): return 1\n", i, strings.Repeat("x", length))
	}
	source := fmt.Sprintf("from geo import %s\n\ndef own(a):\n    return a\n\ndef f(x):\n    \"\"\"By f%d.\"\"\"\n\nassert f(1) == 1\n", strings.TrimSuffix(names.String(), ", "), n-1)
	return parser.Parse([]byte(source)).Specs()[0], Modules{Path: "/w/a.py", Root: "/w", Read: func(path string) (string, bool) {
		return text.String(), path == "/w/geo.py"
	}}
}

// What is imported leaves room for the file's own, and what the spec speaks of goes first.
func TestModulesBudget(t *testing.T) {
	spec, m := importing(60, 80)
	shown := m.For(spec, "/w")
	size := 0
	for _, i := range shown {
		for _, s := range i.Stubs {
			size += len(s) + 1
		}
	}
	if size == 0 || size > importedBytes || !slices.ContainsFunc(shown[0].Stubs, func(s string) bool { return strings.Contains(s, "f59(") }) {
		t.Errorf("%d bytes: %v", size, shown)
	}
	if text := preludeText(spec, shown); !strings.Contains(text, "def own") || len(text) > offeredBytes+len("\n")+len(shown[0].Text) {
		t.Errorf("%d bytes of prompt, %v", len(text), strings.Contains(text, "def own"))
	}
	if got := m.For(spec, "/w"); digestOf(got) != digestOf(shown) {
		t.Error("the same modules are shown another way")
	}
	big := m
	big.Read = func(path string) (string, bool) { return strings.Repeat("#", MaxFile+1) + "\ndef f1(x): pass\n", true }
	if got := big.For(spec, "/w"); got != nil {
		t.Errorf("a file larger than MaxFile is shown: %v", got)
	}
}

// A link that leads out of the project, or to what is named like a secret, is not followed;
// nor is anything read that is no plain file.
func TestModulesFollowNoLinkOutside(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(outside, "geo.py"):     "def f0(x): pass\n",
		filepath.Join(root, "password.py"):   "def f0(x): pass\n",
		filepath.Join(root, "real.py"):       "def f0(inside): pass\n",
		filepath.Join(root, "dir.py", "x"):   "",
		filepath.Join(root, "pkg", "geo.py"): "",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	spec := parser.Parse([]byte("from geo import f0\nfrom dir import x\n\ndef f(x):\n    pass\n\nassert f(1) == 1\n")).Specs()[0]
	for to, want := range map[string]int{filepath.Join(outside, "geo.py"): 0, filepath.Join(root, "password.py"): 0, filepath.Join(root, "real.py"): 1} {
		link := filepath.Join(root, "geo.py")
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		if got := (Modules{Path: filepath.Join(root, "a.py"), Root: root, Read: ReadText}).For(spec, root); len(got) != want {
			t.Errorf("a link to %s shows %v", to, got)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
}

// A remembered result is of the prompt that it was drawn from.
func TestCacheKnowsModules(t *testing.T) {
	spec, m := importing(1, 3)
	s := &script{samples: []string{"    return 1"}, rules: passing("")}
	c := New(s, s, Options{})
	job := Job{Spec: spec, Sampling: DefaultSampling(), Modules: m}
	for range 2 {
		if _, err := c.Complete(t.Context(), job, nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.requests) != 1 || !strings.Contains(s.requests[0].Prompt, "from geo import f0\ndef f0(xxx): ...\n") {
		t.Fatalf("requests %+v", s.requests)
	}
	_, job.Modules = importing(1, 4)
	if _, ok := c.Lookup(job); ok {
		t.Error("the result of another prompt is answered")
	}
	// What runs is the same.
	if _, err := c.Complete(t.Context(), job, nil); err != nil || len(s.requests) != 2 {
		t.Fatalf("%v, requests %d", err, len(s.requests))
	}
	for _, p := range s.programs {
		for _, f := range p.Prelude {
			if strings.Contains(f.Text, "def f0") {
				t.Errorf("a stub runs: %+v", p)
			}
		}
	}
}
