package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// Dir is the folder of the models: $GREENFILL_MODELS, or greenfill/models in the user's
// data folder. It need not exist.
func Dir() string {
	if dir := os.Getenv(environmentDir); dir != "" {
		return dir
	}
	return filepath.Join(xdg.DataHome, "greenfill", "models")
}

// Path is where the model lies, or will lie.
func (m Model) Path() string { return filepath.Join(Dir(), m.File) }

// Installed reports whether a file of the right size lies at Path. Verify looks inside.
func (m Model) Installed() bool {
	info, err := os.Stat(m.Path())
	return err == nil && info.Mode().IsRegular() && info.Size() == m.Size
}

// Installed returns the models that are here, the smallest first.
func Installed() []Model {
	var here []Model
	for _, m := range models {
		if m.Installed() {
			here = append(here, m)
		}
	}
	return here
}

// Remove deletes the model and what an interrupted Pull left of it. A process that has
// the model open keeps it until it ends.
func Remove(ctx context.Context, m Model) error {
	if _, err := os.Stat(Dir()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(ctx, m, nil)
	if err != nil {
		return err
	}
	defer unlock()
	for _, path := range []string{m.Path(), m.partPath(), m.workPath()} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("removing %s: %w", m.Name, err)
		}
	}
	return nil
}

// partPath is where the model grows while it is fetched.
func (m Model) partPath() string { return m.Path() + ".part" }

// workPath is the folder that wheels are downloaded to. Only the holder of the lock uses it.
func (m Model) workPath() string { return filepath.Join(Dir(), "."+m.File+".wheels") }
