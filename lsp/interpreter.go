package lsp

import (
	"os"
	"path/filepath"
)

// interpreter is the Python of a folder: the setting's, else the one of a virtual
// environment in the folder, else "" for the one that the sandbox finds. It looks for
// files and starts nothing.
func (f *folder) interpreter(set Settings) string {
	if p := set.Python; p != "" {
		if filepath.Base(p) != p && !filepath.IsAbs(p) && f.path != "" {
			return filepath.Join(f.path, p)
		}
		return p
	}
	if f.path == "" {
		return ""
	}
	for _, env := range []string{".venv", "venv", "env"} {
		p := filepath.Join(f.path, env, "bin", "python")
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			return p
		}
	}
	return ""
}
