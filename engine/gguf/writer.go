package gguf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// A Writer collects metadata and tensors and writes them as a GGUF file, version 3.
// Its zero value is ready for use.
type Writer struct {
	pairs       bytes.Buffer
	pairCount   uint64
	tensors     bytes.Buffer
	tensorCount uint64
	data        [][]byte
	size        uint64 // of the data section so far, padded
	err         error
}

// Set adds a metadata pair. The value is a bool, string, int32, uint32, int64, uint64,
// float32 or float64, or a []string, []int32 or []float32. A wrong one shows as the
// error of WriteTo.
func (w *Writer) Set(key string, v any) {
	k, array, count := kindOf(v)
	if k == kindArray {
		w.err = errors.Join(w.err, fmt.Errorf("metadata %q: a %T cannot be written", key, v))
		return
	}
	w.pairCount++
	putString(&w.pairs, key)
	if array {
		put(&w.pairs, uint32(kindArray), uint32(k), uint64(count))
	} else {
		put(&w.pairs, uint32(k))
	}
	switch v := v.(type) {
	case string:
		putString(&w.pairs, v)
	case []string:
		for _, s := range v {
			putString(&w.pairs, s)
		}
	default:
		put(&w.pairs, v)
	}
}

// AddTensor adds a tensor whose data already has the blocks of typ. Its size is checked
// against the shape; a wrong one shows as the error of WriteTo.
func (w *Writer) AddTensor(name string, typ Type, shape []int, data []byte) {
	if err := checkTensor(typ, shape, data); err != nil {
		w.err = errors.Join(w.err, fmt.Errorf("tensor %q: %w", name, err))
		return
	}
	w.tensorCount++
	putString(&w.tensors, name)
	put(&w.tensors, uint32(len(shape)))
	for _, n := range shape {
		put(&w.tensors, uint64(n))
	}
	put(&w.tensors, uint32(typ), w.size)
	w.data = append(w.data, data)
	w.size += uint64(len(data)) + padding(uint64(len(data)))
}

// WriteTo writes the file. It may be called more than once.
func (w *Writer) WriteTo(out io.Writer) (int64, error) {
	if w.err != nil {
		return 0, w.err
	}
	var head bytes.Buffer
	head.WriteString(magic)
	put(&head, uint32(3), w.tensorCount, w.pairCount)
	head.Write(w.pairs.Bytes())
	head.Write(w.tensors.Bytes())
	head.Write(make([]byte, padding(uint64(head.Len()))))

	var written int64
	for _, part := range append([][]byte{head.Bytes()}, w.data...) {
		for _, b := range [][]byte{part, make([]byte, padding(uint64(len(part))))} {
			n, err := out.Write(b)
			written += int64(n)
			if err != nil {
				return written, fmt.Errorf("writing model: %w", err)
			}
		}
	}
	return written, nil
}

func checkTensor(typ Type, shape []int, data []byte) error {
	if len(shape) < 1 || len(shape) > 4 {
		return fmt.Errorf("has %d dimensions, not 1 to 4", len(shape))
	}
	for _, n := range shape {
		if n < 1 || n > math.MaxInt32 {
			return fmt.Errorf("has a dimension of %d", n)
		}
	}
	size, err := typ.bytes(shape)
	if err != nil {
		return err
	}
	if size != uint64(len(data)) {
		return fmt.Errorf("has %d bytes, but its shape %v of %s asks for %d", len(data), shape, typ, size)
	}
	return nil
}

// padding is how many bytes follow n to reach the default alignment.
func padding(n uint64) uint64 { return -n % defaultAlignment }

// kindOf is the kind of a Go value, or of its elements; kindArray if it has none.
func kindOf(v any) (k kind, array bool, count int) {
	switch v := v.(type) {
	case bool:
		return kindBool, false, 1
	case string:
		return kindString, false, 1
	case int32:
		return kindInt32, false, 1
	case uint32:
		return kindUint32, false, 1
	case int64:
		return kindInt64, false, 1
	case uint64:
		return kindUint64, false, 1
	case float32:
		return kindFloat32, false, 1
	case float64:
		return kindFloat64, false, 1
	case []string:
		return kindString, true, len(v)
	case []int32:
		return kindInt32, true, len(v)
	case []float32:
		return kindFloat32, true, len(v)
	}
	return kindArray, false, 0
}

// put appends fixed-size values, little endian.
func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		binary.Write(b, binary.LittleEndian, v) // cannot fail: a Buffer, and sizes are fixed
	}
}

func putString(b *bytes.Buffer, s string) {
	put(b, uint64(len(s)))
	b.WriteString(s)
}
