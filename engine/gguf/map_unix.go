//go:build unix

package gguf

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// mapFile maps the whole file, shared with every other process that reads it.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	file, size, err := openSized(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close() // the mapping outlives the descriptor
	data, err = unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("mapping %s into memory: %w", path, err)
	}
	return data, func() error { return unix.Munmap(data) }, nil
}
