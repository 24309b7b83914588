package catalog

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"greenfill/engine/memory"
)

// A Choice is a model file to be opened.
type Choice struct {
	Name string // the model's name, or the file's if it is not in the catalog
	Path string
	Note string // what the user should know of the choice; "" if it is just what was asked for
}

// A NotInstalledError says that a known model is not on this machine.
type NotInstalledError struct{ Model Model }

// Error says how to fetch the model.
func (e *NotInstalledError) Error() string {
	m := e.Model
	return fmt.Sprintf("model %s is not here; fetch it with 'greenfill model pull %s' (%s, licence %s)", m.Name, m.Name, FormatSize(m.Size), m.Licence)
}

// Default is the model that suits this machine, installed or not.
func Default() Model {
	name := defaultModel
	if m, err := memory.Read(); err == nil && m.Free > roomyMemory {
		name = roomyModel
	}
	m, _ := Find(name)
	return m
}

// Choose turns what the user named into a file: a model of the catalog, or the path of
// any GGUF file. Without a name it takes the default or, if that is not installed,
// another one that is, and says so in the Note. If there is none, the error is a
// *NotInstalledError.
func Choose(name string) (Choice, error) {
	if name == "" {
		return chooseDefault()
	}
	m, known := Find(name)
	if known && m.Installed() {
		return Choice{Name: m.Name, Path: m.Path()}, nil
	}
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		return Choice{Name: strings.TrimSuffix(filepath.Base(name), ".gguf"), Path: name}, nil
	}
	if known {
		return Choice{}, &NotInstalledError{m}
	}
	return Choice{}, fmt.Errorf("there is no model %q: name one of %s, or the path of a GGUF file", name, names())
}

func chooseDefault() (Choice, error) {
	want := Default()
	if want.Installed() {
		return Choice{Name: want.Name, Path: want.Path()}, nil
	}
	here := Installed()
	if len(here) == 0 {
		return Choice{}, &NotInstalledError{want}
	}
	// The largest that fits into memory, or else the smallest.
	use := here[0]
	available, err := memory.Read()
	for _, m := range here[1:] {
		if err != nil || m.Memory <= available.Free {
			use = m
		}
	}
	note := fmt.Sprintf("using %s; %s would suit this machine better: 'greenfill model pull %s' (%s)", use.Name, want.Name, want.Name, FormatSize(want.Size))
	if use.Size > want.Size {
		note = fmt.Sprintf("using %s, the smallest model installed; %s needs less memory: 'greenfill model pull %s' (%s)", use.Name, want.Name, want.Name, FormatSize(want.Size))
	}
	return Choice{Name: use.Name, Path: use.Path(), Note: note}, nil
}
