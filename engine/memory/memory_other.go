//go:build !linux

package memory

import "errors"

// Read is known only on Linux; elsewhere the default model is the small one.
func Read() (Memory, error) {
	return Memory{}, errors.New("the size of memory is read on Linux only")
}

// Resident is known only on Linux.
func Resident() (int64, error) {
	return 0, errors.New("resident memory is measured on Linux only")
}
