// Package gguf reads and writes GGUF, the file format that holds a model's
// hyperparameters, vocabulary and quantised weights.
//
// Call [Open] first, then [File.Tensor] and the metadata getters ([File.Uint],
// [File.Strings] and their like). [Writer] makes such files.
//
// # Layout of a file (little endian, versions 2 and 3)
//
//	"GGUF" | version u32 | tensor count u64 | pair count u64
//	pairs:   key string | type u32 | value
//	tensors: name string | dimension count u32 | dimensions u64... | type u32 | offset u64
//	padding to general.alignment
//	data:    each tensor at its offset, counted from here
//
// A string is its length (u64) and its bytes. An array is its element type (u32), its
// length (u64) and its elements.
//
// # Promises
//
// Whatever the bytes, Open and [Parse] either return a File, all of whose spans lie
// inside the data, or an error that says in one sentence what is wrong. No count in the
// file is trusted for an allocation before the bytes it announces have been seen.
// What cannot be told here is a flipped bit in the weights: that is for a checksum.
package gguf

import (
	"errors"
	"fmt"
	"os"
)

const (
	magic            = "GGUF"
	defaultAlignment = 32
	keyAlignment     = "general.alignment"

	// mostEntries bounds the pairs and the tensors. The largest models have a few
	// thousand; a hostile file could otherwise make us spend many times its own size.
	mostEntries = 1 << 16
	// mostElements bounds a metadata array in the same way. Vocabularies have up to 2^18.
	mostElements = 1 << 24
)

// ErrAbsent is wrapped by the getters' errors when the file has no such key or tensor.
var ErrAbsent = errors.New("not in the file")

// A File is a parsed GGUF file. It is safe for many goroutines at once; nothing may use
// it, or a slice it gave, after Close.
type File struct {
	Version   uint32
	Alignment int

	keys    []string
	values  map[string]value
	tensors []*Tensor
	byName  map[string]*Tensor
	unmap   func() error
}

// Open maps the file at path into memory and parses it. Only the pages that are looked
// at are read from the disk.
//
// The mapping shows the file as it is now, not as it was: a file that another program
// shortens while it is mapped ends this process with SIGBUS at the next look past the
// new end. The catalog therefore never changes a model in place; it renames a new file
// over the old one, which leaves the old mapping whole.
func Open(path string) (*File, error) {
	data, unmap, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("opening model: %w", err)
	}
	f, err := Parse(data)
	if err != nil {
		unmap() // the parse error is the one to report
		return nil, fmt.Errorf("model %s: %w; fetch it again with 'greenfill model pull' or name another file", path, err)
	}
	f.unmap = unmap
	return f, nil
}

// Parse reads a GGUF file from memory. The File refers to data, which must not change.
func Parse(data []byte) (*File, error) {
	r := &reader{data: data}
	f := &File{Alignment: defaultAlignment, values: map[string]value{}, byName: map[string]*Tensor{}}
	tensorCount, pairCount, err := f.readHeader(r)
	if err != nil {
		return nil, err
	}
	if err := f.readPairs(r, pairCount); err != nil {
		return nil, err
	}
	if err := f.readAlignment(); err != nil {
		return nil, err
	}
	if err := f.readTensors(r, tensorCount); err != nil {
		return nil, err
	}
	return f, nil
}

// Close releases the mapping. It is a no-op for a File that Parse made.
func (f *File) Close() error {
	if f.unmap == nil {
		return nil
	}
	unmap := f.unmap
	f.unmap = nil
	if err := unmap(); err != nil {
		return fmt.Errorf("closing model: %w", err)
	}
	return nil
}

// readHeader reads what stands before the pairs.
func (f *File) readHeader(r *reader) (tensorCount, pairCount uint64, err error) {
	if len(r.data) < len(magic) || string(r.data[:len(magic)]) != magic {
		return 0, 0, errors.New("not a GGUF file: it does not begin with \"GGUF\"")
	}
	r.pos = len(magic)
	if f.Version, err = r.uint32(); err != nil {
		return 0, 0, err
	}
	switch v := f.Version; {
	case v&0xffff == 0 && v != 0:
		return 0, 0, errors.New("a big-endian GGUF file, which is not supported")
	case v != 2 && v != 3:
		return 0, 0, fmt.Errorf("GGUF version %d, but only 2 and 3 are supported", v)
	}
	if tensorCount, err = r.uint64(); err != nil {
		return 0, 0, err
	}
	if pairCount, err = r.uint64(); err != nil {
		return 0, 0, err
	}
	return tensorCount, pairCount, nil
}

// readPairs reads the metadata.
func (f *File) readPairs(r *reader, count uint64) error {
	const least = 8 + 4 + 1 // an empty key, a type, a bool
	if count > mostEntries || count > r.left()/least {
		return fmt.Errorf("damaged: it announces %d metadata pairs, which is more than %d or than fit into the file", count, mostEntries)
	}
	for i := range count {
		key, err := r.string()
		if err != nil {
			return fmt.Errorf("metadata key %d: %w", i, err)
		}
		if key == "" {
			return fmt.Errorf("damaged: metadata key %d is empty", i)
		}
		if _, twice := f.values[key]; twice {
			return fmt.Errorf("damaged: metadata key %q stands there twice", key)
		}
		v, err := r.value()
		if err != nil {
			return fmt.Errorf("metadata %q: %w", key, err)
		}
		f.keys = append(f.keys, key)
		f.values[key] = v
	}
	return nil
}

// readAlignment takes general.alignment, if it is there. The format asks for a multiple
// of 8, its reference reader for a power of two: a file must satisfy both.
func (f *File) readAlignment() error {
	n, err := f.Uint(keyAlignment)
	if errors.Is(err, ErrAbsent) {
		return nil
	}
	if err != nil {
		return err
	}
	if n < 8 || n > 1<<30 || n&(n-1) != 0 {
		return fmt.Errorf("damaged: its alignment is %d, not a power of two from 8 to 2^30", n)
	}
	f.Alignment = int(n)
	return nil
}

// openSized opens path and returns its size, which must be worth mapping.
func openSized(path string) (*os.File, int, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil {
		switch size := info.Size(); {
		case !info.Mode().IsRegular():
			err = fmt.Errorf("%s is not a regular file", path)
		case size == 0:
			err = fmt.Errorf("%s is empty; fetch it again with 'greenfill model pull'", path)
		case int64(int(size)) != size:
			err = fmt.Errorf("%s is too large for this machine's address space", path)
		default:
			return file, int(size), nil
		}
	}
	file.Close()
	return nil, 0, err
}
