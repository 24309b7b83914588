//go:build !linux

package catalog

import "errors"

// ReadMemory is known only on Linux; elsewhere the default is the small model.
func ReadMemory() (Memory, error) {
	return Memory{}, errors.New("the size of memory is read on Linux only")
}
