package kernel

import "fmt"

// format describes how GGUF lays out one tensor type: rows are runs of blocks, each
// holding a fixed number of values in a fixed number of bytes.
type format struct {
	name   string
	values int // per block
	bytes  int // per block
	decode func(dst []float32, block []byte)
}

// formats are GGUF's tensor types as ggml defines them (ggml-common.h).
var formats = map[Type]format{
	F32:   {"F32", 1, 4, decodeF32},
	F16:   {"F16", 1, 2, decodeF16},
	BF16:  {"BF16", 1, 2, decodeBF16},
	Q4_0:  {"Q4_0", 32, 18, decodeQ4_0},
	Q4_1:  {"Q4_1", 32, 20, decodeQ4_1},
	Q5_0:  {"Q5_0", 32, 22, decodeQ5_0},
	Q5_1:  {"Q5_1", 32, 24, decodeQ5_1},
	Q8_0:  {"Q8_0", 32, 34, decodeQ8_0},
	IQ4NL: {"IQ4_NL", 32, 18, decodeIQ4NL},
	Q2_K:  {"Q2_K", 256, 84, decodeQ2K},
	Q3_K:  {"Q3_K", 256, 110, decodeQ3K},
	Q4_K:  {"Q4_K", 256, 144, decodeQ4K},
	Q5_K:  {"Q5_K", 256, 176, decodeQ5K},
	Q6_K:  {"Q6_K", 256, 210, decodeQ6K},
}

// String returns GGUF's name of the type.
func (t Type) String() string {
	if f, ok := formats[t]; ok {
		return f.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// RowBytes returns the bytes that GGUF spends on a row of cols values. It fails if the
// type is unknown or cols is not a positive multiple of its block.
func RowBytes(t Type, cols int) (int, error) {
	f, ok := formats[t]
	if !ok {
		return 0, fmt.Errorf("tensor type %d is not supported", uint32(t))
	}
	const most = 1 << 30 // keeps every product below well inside an int
	if cols <= 0 || cols > most || cols%f.values != 0 {
		return 0, fmt.Errorf("%s rows hold a positive multiple of %d values, not %d", f.name, f.values, cols)
	}
	return cols / f.values * f.bytes, nil
}

// Dequantize writes the values of data, GGUF blocks of type t, to dst. It is the plain
// reading of the format: embedding rows come from it, and it judges the fast kernels.
// It fails if the length of data is not that of len(dst) values.
func Dequantize(t Type, data []byte, dst []float32) error {
	size, err := RowBytes(t, len(dst))
	if err != nil {
		return fmt.Errorf("dequantize: %w", err)
	}
	if len(data) != size {
		return fmt.Errorf("dequantize: %d %s values take %d bytes, not %d", len(dst), t, size, len(data))
	}
	f := formats[t]
	for len(dst) > 0 {
		f.decode(dst[:f.values], data[:f.bytes])
		dst, data = dst[f.values:], data[f.bytes:]
	}
	return nil
}
