package catalog

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/adrg/xdg"
)

func TestModels(t *testing.T) {
	for i, m := range Models() {
		w := m.wheels
		if all := int64(w.parts) * w.partSize; m.Size > all || m.Size <= all-w.partSize {
			t.Errorf("%s: %d parts of %d bytes cannot hold %d", m.Name, w.parts, w.partSize, m.Size)
		}
		if len(m.SHA256) != 64 || m.Licence == "" || m.Page == "" || m.Memory < m.Size || m.Parameters < 1e8 {
			t.Errorf("%s: incomplete: %+v", m.Name, m)
		}
		if m.vendor != "" && !strings.HasSuffix(m.vendor, "/"+m.File) {
			t.Errorf("%s: the vendor's file has another name: %s", m.Name, m.vendor)
		}
		if i > 0 && m.Size < models[i-1].Size {
			t.Errorf("%s is not in order", m.Name)
		}
		for _, name := range []string{m.Name, strings.ToUpper(m.Name), m.File} {
			if found, ok := Find(name); !ok || found.Name != m.Name {
				t.Errorf("Find(%q) gives %q", name, found.Name)
			}
		}
	}
	if m, ok := Find("1.5b"); !ok || m.Name != "qwen2.5-coder-1.5b" {
		t.Errorf("Find(1.5b) gives %q", m.Name)
	}
	if m, ok := Find("gpt-5"); ok {
		t.Errorf("Find(gpt-5) gives %q", m.Name)
	}
}

func TestDir(t *testing.T) {
	t.Setenv("GREENFILL_MODELS", "/somewhere/models")
	if got := Dir(); got != "/somewhere/models" {
		t.Errorf("got %s", got)
	}
	t.Setenv("GREENFILL_MODELS", "")
	if got, want := Dir(), filepath.Join(xdg.DataHome, "greenfill", "models"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// place puts a file of the model's size, but not of its bytes, where the model belongs.
func place(t *testing.T, name string) Model {
	t.Helper()
	m, ok := Find(name)
	if !ok {
		t.Fatalf("no model %s", name)
	}
	file, err := os.Create(m.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(m.Size), file.Close()); err != nil { // takes no room on the disk
		t.Fatal(err)
	}
	return m
}

func TestChoose(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GREENFILL_MODELS", dir)
	var missing *NotInstalledError
	if _, err := Choose(""); !errors.As(err, &missing) || missing.Model.Name != Default().Name {
		t.Errorf("nothing installed: got %v", err)
	}
	if _, err := Choose("1.5b"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "greenfill model pull qwen2.5-coder-1.5b' (1.12 GB, licence Apache-2.0)") {
		t.Errorf("named, but not installed: got %v", err)
	}
	if _, err := Choose("gpt-5"); err == nil || !strings.Contains(err.Error(), "name one of smollm2-135m, ") {
		t.Errorf("unknown: got %v", err)
	}

	small := place(t, "135m")
	if c, err := Choose(""); err != nil || c.Path != small.Path() || !strings.Contains(c.Note, "greenfill model pull "+Default().Name) {
		t.Errorf("only the smallest installed: got %+v, %v", c, err)
	}
	if c, err := Choose("smollm2-135m"); err != nil || c.Path != small.Path() || c.Note != "" {
		t.Errorf("named: got %+v, %v", c, err)
	}
	place(t, Default().Name)
	if c, err := Choose(""); err != nil || c.Name != Default().Name || c.Note != "" {
		t.Errorf("default installed: got %+v, %v", c, err)
	}
	if got := Installed(); len(got) != 2 || got[0].Name != "smollm2-135m" {
		t.Errorf("installed: %v", got)
	}

	own := filepath.Join(t.TempDir(), "own.gguf")
	if err := os.WriteFile(own, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err := Choose(own); err != nil || c.Path != own || c.Name != "own" {
		t.Errorf("a path: got %+v, %v", c, err)
	}
}

func TestFormatSize(t *testing.T) {
	for n, want := range map[int64]string{999: "1 kB", 98_362_432: "98 MB", 1_117_320_768: "1.12 GB"} {
		if got := FormatSize(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
