//go:build !linux

package engine

import (
	"errors"

	"greenfill/engine/gguf"
)

// dropPages does nothing here: the system drops the file's pages when it needs memory.
func dropPages(*gguf.Tensor) {}

// availableMemory is not known here.
func availableMemory() (int64, bool) { return 0, false }

// residentMemory is not known here.
func residentMemory() (int64, error) {
	return 0, errors.New("resident memory is measured on Linux only")
}
