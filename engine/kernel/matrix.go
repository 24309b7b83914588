package kernel

import "fmt"

// A Matrix is a weight of rows outputs and cols inputs, packed for the kernels.
// It never changes and may be used by many goroutines.
type Matrix struct {
	t          Type
	rows, cols int
	data       []byte
}

// Rows returns the number of outputs.
func (m *Matrix) Rows() int { return m.rows }

// Cols returns the number of inputs.
func (m *Matrix) Cols() int { return m.cols }

// Bytes returns the memory that the packed weight takes.
func (m *Matrix) Bytes() int { return len(m.data) }

// Free gives the memory back; the matrix must not be used afterwards.
func (m *Matrix) Free() { m.data = nil }

// Pack copies a row-major GGUF tensor of type t into a Matrix. It fails if the type is
// unknown, or if data is not as long as rows and cols say.
func Pack(t Type, rows, cols int, data []byte) (*Matrix, error) {
	size, err := RowBytes(t, cols)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if rows <= 0 || rows > len(data) || size*rows != len(data) {
		return nil, fmt.Errorf("pack: %d rows of %d %s values take %d bytes, not %d", rows, cols, t, size*rows, len(data))
	}
	return &Matrix{t: t, rows: rows, cols: cols, data: append([]byte(nil), data...)}, nil
}
