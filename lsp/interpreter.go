package lsp

import "path/filepath"

// interpreter is the Python that a folder's settings name, "" for the one that the sandbox
// finds for the folder: its virtual environment, else python3.
func (f *folder) interpreter(set Settings) string {
	p := set.Python
	if p != "" && filepath.Base(p) != p && !filepath.IsAbs(p) && f.path != "" {
		return filepath.Join(f.path, p)
	}
	return p
}
