package main

import (
	"os"
	"path/filepath"
	"testing"

	"greenfill/completion"
)

// TestWorkspaceOfAProof: what its code may import from is where the user has the project,
// wherever that was made, and never what only the proof names.
func TestWorkspaceOfAProof(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	project, stray := filepath.Join(root, "project"), filepath.Join(root, "home", "ann")
	pkg := filepath.Join(project, "src", "pkg")
	for _, dir := range []string{pkg, stray, filepath.Join(project, ".git")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for what, test := range map[string]struct{ path, dir, file, want string }{
		"beside its file":            {pkg + "/p.json", pkg, pkg + "/a.py", pkg},
		"the folder above it":        {pkg + "/p.json", project, pkg + "/a.py", project},
		"on another machine":         {pkg + "/p.json", "/else/where", "/else/where/src/pkg/a.py", project},
		"a part of it":               {pkg + "/p.json", "/else/src", "/else/src/pkg/a.py", project + "/src"},
		"somewhere else":             {stray + "/p.json", project, pkg + "/a.py", stray},
		"above the project":          {pkg + "/p.json", root, pkg + "/a.py", pkg},
		"all that there is":          {stray + "/p.json", "/", stray + "/a.py", stray},
		"a folder of somebody else":  {pkg + "/p.json", stray, stray + "/a.py", pkg},
		"a file outside its folder":  {pkg + "/p.json", stray, "/etc/a.py", pkg},
		"paths that are none at all": {pkg + "/p.json", "", "", pkg},
	} {
		if got := workspaceOf(test.path, &completion.Proof{Dir: test.dir, File: test.file}); got != test.want {
			t.Errorf("%s: %s, want %s", what, got, test.want)
		}
	}
	t.Chdir(stray)
	if got := workspaceOf(pkg+"/p.json", &completion.Proof{Dir: stray, File: stray + "/a.py"}); got != stray {
		t.Errorf("where the user stands: %s, want %s", got, stray)
	}
}
