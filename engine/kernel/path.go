package kernel

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// pathVariable names the environment variable that forces a path.
const pathVariable = "GREENFILL_KERNEL"

// portable is the path that every machine has.
const portable = "portable"

// Paths returns the names of the paths that this build and machine have, the fastest
// first; the last is "portable".
func Paths() []string { return []string{portable} }

var selected = sync.OnceValues(func() (string, error) {
	paths := Paths()
	want := os.Getenv(pathVariable)
	switch {
	case want == "":
		return paths[0], nil
	case slices.Contains(paths, want):
		return want, nil
	}
	return portable, fmt.Errorf("%s=%s: this machine and build have %s; choose one of them or unset the variable",
		pathVariable, want, strings.Join(paths, ", "))
})

// Name returns the path whose loops run. It is chosen once: the fastest that the
// processor has, or the one that GREENFILL_KERNEL names.
func Name() string {
	name, _ := selected()
	return name
}

// Check reports whether GREENFILL_KERNEL names a path that this machine does not have.
// The portable path runs then.
func Check() error {
	_, err := selected()
	return err
}
