// Package modeltest finds the real models that tests run on.
//
// Call [Path] with the name of a model's file.
package modeltest

import (
	"os"
	"path/filepath"
	"testing"

	"greenfill/engine/catalog"
)

// Path returns where a model lies. Without it the test is skipped, except where CI
// promises that it is there; with -short it is skipped always.
func Path(t testing.TB, file string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a model: left out with -short")
	}
	path := filepath.Join(catalog.Dir(), file)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("model missing: %v; CI is to have all models", err)
		}
		t.Skipf("model missing (greenfill model pull): %v", err)
	}
	return path
}
