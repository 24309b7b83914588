//go:build !unix

package gguf

import (
	"fmt"
	"io"
)

// mapFile reads the whole file: where there is no mmap, a copy serves as well.
func mapFile(path string) (data []byte, unmap func() error, err error) {
	file, size, err := openSized(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	data = make([]byte, size)
	if _, err := io.ReadFull(file, data); err != nil {
		return nil, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return data, func() error { return nil }, nil
}
