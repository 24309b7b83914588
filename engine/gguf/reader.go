package gguf

import (
	"encoding/binary"
	"fmt"
)

// A reader takes numbers and strings off the front of data. Every length is compared
// with what is left before it is used.
type reader struct {
	data []byte
	pos  int
}

// left is how many bytes have not been taken.
func (r *reader) left() uint64 { return uint64(len(r.data) - r.pos) }

// take returns the next n bytes, not a copy of them.
func (r *reader) take(n uint64) ([]byte, error) {
	if n > r.left() {
		return nil, fmt.Errorf("truncated or damaged: %d bytes should stand at byte %d, but the file ends after %d", n, r.pos, r.left())
	}
	b := r.data[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b, nil
}

func (r *reader) uint32() (uint32, error) {
	b, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (r *reader) uint64() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

func (r *reader) string() (string, error) {
	n, err := r.uint64()
	if err != nil {
		return "", err
	}
	b, err := r.take(n)
	return string(b), err
}

// value reads a type and a value of that type, which stays in its encoded form.
func (r *reader) value() (value, error) {
	n, err := r.uint32()
	if err != nil {
		return value{}, err
	}
	v := value{kind: kind(n), count: 1}
	if v.kind == kindArray {
		v.array = true
		if n, err = r.uint32(); err != nil {
			return value{}, err
		}
		v.kind = kind(n)
		if v.count, err = r.uint64(); err != nil {
			return value{}, err
		}
		if v.count > mostElements {
			return value{}, fmt.Errorf("damaged: an array of %d elements, but models have at most %d", v.count, mostElements)
		}
	}
	v.raw, err = r.elements(v.kind, v.count)
	return v, err
}

// elements takes count values of kind k.
func (r *reader) elements(k kind, count uint64) ([]byte, error) {
	if k == kindString {
		return r.strings(count)
	}
	size := k.size()
	if size == 0 {
		return nil, fmt.Errorf("damaged or too new: unknown metadata type %s", k)
	}
	if count > r.left()/size {
		return nil, fmt.Errorf("truncated or damaged: %d values of type %s should stand at byte %d, but only %d bytes are left", count, k, r.pos, r.left())
	}
	return r.take(count * size)
}

// strings walks over count strings and returns the bytes that hold them and their lengths.
func (r *reader) strings(count uint64) ([]byte, error) {
	start := r.pos
	for range count {
		n, err := r.uint64()
		if err != nil {
			return nil, err
		}
		if _, err := r.take(n); err != nil {
			return nil, err
		}
	}
	return r.data[start:r.pos:r.pos], nil
}
