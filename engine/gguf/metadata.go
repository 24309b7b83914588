package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// A kind is a metadata type, with GGUF's own number.
type kind uint32

const (
	kindUint8   kind = 0
	kindInt8    kind = 1
	kindUint16  kind = 2
	kindInt16   kind = 3
	kindUint32  kind = 4
	kindInt32   kind = 5
	kindFloat32 kind = 6
	kindBool    kind = 7
	kindString  kind = 8
	kindArray   kind = 9
	kindUint64  kind = 10
	kindInt64   kind = 11
	kindFloat64 kind = 12
)

var kinds = [...]struct {
	name string
	size uint64 // bytes of one value; 0 if it has no fixed size
}{
	kindUint8:   {"uint8", 1},
	kindInt8:    {"int8", 1},
	kindUint16:  {"uint16", 2},
	kindInt16:   {"int16", 2},
	kindUint32:  {"uint32", 4},
	kindInt32:   {"int32", 4},
	kindFloat32: {"float32", 4},
	kindBool:    {"bool", 1},
	kindString:  {"string", 0},
	kindArray:   {"array", 0},
	kindUint64:  {"uint64", 8},
	kindInt64:   {"int64", 8},
	kindFloat64: {"float64", 8},
}

func (k kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k].name
	}
	return strconv.Itoa(int(k))
}

func (k kind) size() uint64 {
	if int(k) < len(kinds) {
		return kinds[k].size
	}
	return 0
}

// A value is one metadata value, checked but still encoded.
type value struct {
	kind  kind // of the elements, if array
	array bool
	count uint64
	raw   []byte
}

func (v value) String() string {
	if v.array {
		return "array of " + v.kind.String()
	}
	return v.kind.String()
}

// Keys are the metadata keys in the order of the file.
func (f *File) Keys() []string { return f.keys }

// Has reports whether the file has the metadata key.
func (f *File) Has(key string) bool {
	_, ok := f.values[key]
	return ok
}

// Uint returns a metadata value of any integer type, if it is not negative.
func (f *File) Uint(key string) (uint64, error) {
	v, err := f.scalar(key)
	if err != nil {
		return 0, err
	}
	n, ok := v.integer(0)
	if !ok {
		return 0, wrongType(key, v, "an integer")
	}
	if n < 0 && v.kind != kindUint64 {
		return 0, fmt.Errorf("damaged: metadata %q is %d, but may not be negative", key, n)
	}
	return uint64(n), nil
}

// Float returns a metadata value of either float type.
func (f *File) Float(key string) (float64, error) {
	v, err := f.scalar(key)
	if err != nil {
		return 0, err
	}
	x, ok := v.float(0)
	if !ok {
		return 0, wrongType(key, v, "a float")
	}
	return x, nil
}

// Bool returns a metadata value of type bool.
func (f *File) Bool(key string) (bool, error) {
	v, err := f.scalar(key)
	if err != nil {
		return false, err
	}
	if v.kind != kindBool {
		return false, wrongType(key, v, "a bool")
	}
	return v.raw[0] != 0, nil
}

// String returns a metadata value of type string. Its bytes may be any.
func (f *File) String(key string) (string, error) {
	v, err := f.scalar(key)
	if err != nil {
		return "", err
	}
	if v.kind != kindString {
		return "", wrongType(key, v, "a string")
	}
	return string(v.raw[8:]), nil
}

// Strings returns an array of strings. They are a copy and outlive the File.
func (f *File) Strings(key string) ([]string, error) {
	v, err := f.elements(key)
	if err != nil {
		return nil, err
	}
	if v.kind != kindString {
		return nil, wrongType(key, v, "an array of strings")
	}
	all := string(v.raw) // one allocation, shared by all
	list := make([]string, v.count)
	for i, pos := 0, 0; i < len(list); i++ {
		n := int(binary.LittleEndian.Uint64(v.raw[pos:]))
		list[i] = all[pos+8 : pos+8+n]
		pos += 8 + n
	}
	return list, nil
}

// Ints returns an array of any integer type; uint64 values past the largest int64 wrap.
func (f *File) Ints(key string) ([]int64, error) {
	v, err := f.elements(key)
	if err != nil {
		return nil, err
	}
	list := make([]int64, v.count)
	for i := range list {
		n, ok := v.integer(i)
		if !ok {
			return nil, wrongType(key, v, "an array of integers")
		}
		list[i] = n
	}
	return list, nil
}

// Floats returns an array of either float type.
func (f *File) Floats(key string) ([]float64, error) {
	v, err := f.elements(key)
	if err != nil {
		return nil, err
	}
	list := make([]float64, v.count)
	for i := range list {
		x, ok := v.float(i)
		if !ok {
			return nil, wrongType(key, v, "an array of floats")
		}
		list[i] = x
	}
	return list, nil
}

// Len returns how many elements an array has.
func (f *File) Len(key string) (int, error) {
	v, err := f.elements(key)
	return int(v.count), err
}

func (f *File) scalar(key string) (value, error) {
	v, ok := f.values[key]
	if !ok {
		return v, fmt.Errorf("metadata %q is %w", key, ErrAbsent)
	}
	if v.array {
		return v, wrongType(key, v, "a single value")
	}
	return v, nil
}

func (f *File) elements(key string) (value, error) {
	v, ok := f.values[key]
	if !ok {
		return v, fmt.Errorf("metadata %q is %w", key, ErrAbsent)
	}
	if !v.array {
		return v, wrongType(key, v, "an array")
	}
	return v, nil
}

func wrongType(key string, v value, want string) error {
	return fmt.Errorf("damaged: metadata %q is of type %s, but should be %s", key, v, want)
}

// integer decodes element i of an integer kind.
func (v value) integer(i int) (int64, bool) {
	switch v.kind {
	case kindUint8:
		return int64(v.raw[i]), true
	case kindInt8:
		return int64(int8(v.raw[i])), true
	case kindUint16:
		return int64(binary.LittleEndian.Uint16(v.raw[2*i:])), true
	case kindInt16:
		return int64(int16(binary.LittleEndian.Uint16(v.raw[2*i:]))), true
	case kindUint32:
		return int64(binary.LittleEndian.Uint32(v.raw[4*i:])), true
	case kindInt32:
		return int64(int32(binary.LittleEndian.Uint32(v.raw[4*i:]))), true
	case kindUint64, kindInt64:
		return int64(binary.LittleEndian.Uint64(v.raw[8*i:])), true
	}
	return 0, false
}

// float decodes element i of a float kind.
func (v value) float(i int) (float64, bool) {
	switch v.kind {
	case kindFloat32:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(v.raw[4*i:]))), true
	case kindFloat64:
		return math.Float64frombits(binary.LittleEndian.Uint64(v.raw[8*i:])), true
	}
	return 0, false
}
