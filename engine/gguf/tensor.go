package gguf

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Type is a tensor type, with GGUF's own number: the format of the blocks that its
// rows are cut into.
type Type uint32

// The tensor types that other packages name.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q8_0 Type = 8
	Q4_K Type = 12
	Q6_K Type = 14
)

// types gives each known type's name, the number of weights in a block and the block's
// size in bytes. Source: the type traits of ggml 0.25.
var types = map[Type]struct {
	name  string
	block uint64
	size  uint64
}{
	F32:  {"F32", 1, 4},
	F16:  {"F16", 1, 2},
	2:    {"Q4_0", 32, 18},
	Q4_1: {"Q4_1", 32, 20},
	Q5_0: {"Q5_0", 32, 22},
	7:    {"Q5_1", 32, 24},
	Q8_0: {"Q8_0", 32, 34},
	9:    {"Q8_1", 32, 36},
	10:   {"Q2_K", 256, 84},
	11:   {"Q3_K", 256, 110},
	Q4_K: {"Q4_K", 256, 144},
	13:   {"Q5_K", 256, 176},
	Q6_K: {"Q6_K", 256, 210},
	15:   {"Q8_K", 256, 292},
	16:   {"IQ2_XXS", 256, 66},
	17:   {"IQ2_XS", 256, 74},
	18:   {"IQ3_XXS", 256, 98},
	19:   {"IQ1_S", 256, 50},
	20:   {"IQ4_NL", 32, 18},
	21:   {"IQ3_S", 256, 110},
	22:   {"IQ2_S", 256, 82},
	23:   {"IQ4_XS", 256, 136},
	24:   {"I8", 1, 1},
	25:   {"I16", 1, 2},
	26:   {"I32", 1, 4},
	27:   {"I64", 1, 8},
	28:   {"F64", 1, 8},
	29:   {"IQ1_M", 256, 56},
	30:   {"BF16", 1, 2},
	34:   {"TQ1_0", 256, 54},
	35:   {"TQ2_0", 256, 66},
	39:   {"MXFP4", 32, 17},
}

// String is the name that llama.cpp prints.
func (t Type) String() string {
	if known, ok := types[t]; ok {
		return known.name
	}
	return "type " + strconv.Itoa(int(t))
}

// A Tensor is a named array of weights.
type Tensor struct {
	Name string
	Type Type
	// Shape gives the dimensions, the row length first: a matrix that maps cols inputs
	// to rows outputs is {cols, rows}. No dimension is 0.
	Shape  []int
	Offset int    // of Data, from the beginning of the file
	Data   []byte // blocks of Type, row after row
}

// Tensors are all tensors in the order of the file.
func (f *File) Tensors() []*Tensor { return f.tensors }

// Tensor returns the tensor of that name.
func (f *File) Tensor(name string) (*Tensor, error) {
	t, ok := f.byName[name]
	if !ok {
		return nil, fmt.Errorf("tensor %q is %w", name, ErrAbsent)
	}
	return t, nil
}

// readTensors reads the tensors' descriptions and gives each its data.
func (f *File) readTensors(r *reader, count uint64) error {
	const least = 8 + 1 + 4 + 8 + 4 + 8 // a name of one byte and one dimension
	if count > mostEntries || count > r.left()/least {
		return fmt.Errorf("damaged: it announces %d tensors, which is more than %d or than fit into the file", count, mostEntries)
	}
	offsets := make([]uint64, 0, count)
	for i := range count {
		t, offset, err := r.tensor(i)
		if err != nil {
			return err
		}
		if _, twice := f.byName[t.Name]; twice {
			return fmt.Errorf("damaged: tensor %q stands there twice", t.Name)
		}
		f.byName[t.Name] = t
		f.tensors = append(f.tensors, t)
		offsets = append(offsets, offset)
	}
	align := uint64(f.Alignment)
	start := (uint64(r.pos) + align - 1) / align * align
	for i, t := range f.tensors {
		if err := t.locate(r.data, start, offsets[i], align); err != nil {
			return err
		}
	}
	return f.checkOverlaps()
}

// tensor reads one description; the tensor's data is set later.
func (r *reader) tensor(i uint64) (*Tensor, uint64, error) {
	name, err := r.string()
	if err != nil {
		return nil, 0, fmt.Errorf("tensor name %d: %w", i, err)
	}
	if name == "" {
		return nil, 0, fmt.Errorf("damaged: tensor %d has no name", i)
	}
	dims, err := r.uint32()
	if err != nil {
		return nil, 0, fmt.Errorf("tensor %q: %w", name, err)
	}
	if dims < 1 || dims > 4 {
		return nil, 0, fmt.Errorf("damaged: tensor %q has %d dimensions, not 1 to 4", name, dims)
	}
	t := &Tensor{Name: name, Shape: make([]int, dims)}
	for d := range t.Shape {
		n, err := r.uint64()
		if err != nil {
			return nil, 0, fmt.Errorf("tensor %q: %w", name, err)
		}
		if n == 0 || n > math.MaxInt32 {
			return nil, 0, fmt.Errorf("damaged: dimension %d of tensor %q is %d, not 1 to 2^31", d, name, n)
		}
		t.Shape[d] = int(n)
	}
	typ, err := r.uint32()
	if err != nil {
		return nil, 0, fmt.Errorf("tensor %q: %w", name, err)
	}
	t.Type = Type(typ)
	offset, err := r.uint64()
	if err != nil {
		return nil, 0, fmt.Errorf("tensor %q: %w", name, err)
	}
	return t, offset, nil
}

// locate finds the tensor's data, whose offset counts from start, in the file's bytes.
func (t *Tensor) locate(file []byte, start, offset, align uint64) error {
	size, err := t.Type.bytes(t.Shape)
	if err != nil {
		return fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	if offset%align != 0 {
		return fmt.Errorf("damaged: tensor %q begins at offset %d, not a multiple of %d", t.Name, offset, align)
	}
	// Differences, not sums: a hostile offset must not wrap around.
	if end := uint64(len(file)); start > end || offset > end-start || size > end-start-offset {
		return fmt.Errorf("truncated: tensor %q (%d bytes at offset %d of the data) ends past the file's %d bytes", t.Name, size, offset, end)
	}
	t.Offset = int(start + offset)
	t.Data = file[t.Offset : t.Offset+int(size) : t.Offset+int(size)]
	return nil
}

// bytes is the size of a tensor of that type and shape.
func (t Type) bytes(shape []int) (uint64, error) {
	known, ok := types[t]
	if !ok {
		return 0, fmt.Errorf("damaged or too new: unknown tensor type %d", uint32(t))
	}
	row := uint64(shape[0])
	if row%known.block != 0 {
		return 0, fmt.Errorf("damaged: its rows have %d weights, not a multiple of %s's block of %d", row, known.name, known.block)
	}
	size := row / known.block * known.size // below 2^31 * 292
	for _, n := range shape[1:] {
		if size > math.MaxInt64/uint64(n) {
			return 0, fmt.Errorf("damaged: its shape %v is too large to be true", shape)
		}
		size *= uint64(n)
	}
	return size, nil
}

// checkOverlaps refuses tensors that share bytes.
func (f *File) checkOverlaps() error {
	byOffset := slices.Clone(f.tensors)
	slices.SortFunc(byOffset, func(a, b *Tensor) int { return cmp.Compare(a.Offset, b.Offset) })
	for i := 1; i < len(byOffset); i++ {
		a, b := byOffset[i-1], byOffset[i]
		if end := a.Offset + len(a.Data); b.Offset < end {
			return fmt.Errorf("damaged: tensors %q and %q overlap: one ends at byte %d, the next begins at %d", a.Name, b.Name, end, b.Offset)
		}
	}
	return nil
}
