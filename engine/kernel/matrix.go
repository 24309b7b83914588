package kernel

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// A Matrix is a weight of rows outputs and cols inputs, packed for the kernels.
// It never changes and may be used by many goroutines.
type Matrix struct {
	t          Type
	layout     *layout // nil for F32, F16 and BF16
	rows, cols int
	panelBytes int
	data       []byte // as layout.go says
	release    func() // gives data's memory back
}

// Rows returns the number of outputs.
func (m *Matrix) Rows() int { return m.rows }

// Cols returns the number of inputs.
func (m *Matrix) Cols() int { return m.cols }

// Bytes returns the memory that the packed weight takes.
func (m *Matrix) Bytes() int { return len(m.data) }

// Free gives the memory back; the matrix must not be used afterwards.
func (m *Matrix) Free() {
	if m.release != nil {
		m.release()
	}
	m.data, m.release = nil, nil
}

// panel returns the packed bytes of panel i.
func (m *Matrix) panel(i int) []byte {
	return m.data[i*m.panelBytes:][:m.panelBytes]
}

// panels returns the number of panels.
func (m *Matrix) panels() int { return (m.rows + panelRows - 1) / panelRows }

// Pack copies a row-major GGUF tensor of type t into a Matrix, with all processors. The
// memory lies outside Go's heap where the system allows; Free gives it back. Pack fails
// if the type is unknown, if data is not as long as rows and cols say, or if there is
// not enough memory.
func Pack(t Type, rows, cols int, data []byte) (*Matrix, error) {
	size, err := RowBytes(t, cols)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if rows <= 0 || rows > len(data) || size*rows != len(data) {
		return nil, fmt.Errorf("pack: %d rows of %d %s values take %d bytes, not %d", rows, cols, t, size*rows, len(data))
	}
	m := &Matrix{t: t, layout: layouts[t], rows: rows, cols: cols, panelBytes: packedBytes(t, panelRows, cols)}
	if m.data, m.release, err = allocate(m.panels() * m.panelBytes); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), m.panels()) {
		workers.Go(func() {
			for {
				i := int(next.Add(1) - 1)
				if i >= m.panels() {
					return
				}
				from, to := i*panelRows, min((i+1)*panelRows, rows)
				packPanel(t, m.panel(i), data[from*size:to*size], to-from, cols)
			}
		})
	}
	workers.Wait()
	return m, nil
}

// packPanelPlain packs the rows of one panel, up to 32; the missing ones stay zero.
func packPanelPlain(t Type, dst, data []byte, rows, cols int) {
	size := len(data) / rows
	l := layouts[t]
	if l == nil {
		width := formats[t].bytes
		for r := range rows {
			for k := range cols {
				copy(dst[(k*panelRows+r)*width:][:width], data[r*size+k*width:])
			}
		}
		return
	}
	blockBytes := formats[t].bytes
	var row [256]byte
	codes := make([][stripRows][blockCols]byte, l.cols/blockCols)
	for i := range cols / l.cols * strips {
		n, strip := i/strips, i%strips
		unit := dst[n*l.unitBytes():][:l.unitBytes()]
		clear(codes)
		for r := range min(stripRows, rows-strip*stripRows) {
			block := data[(strip*stripRows+r)*size+n*blockBytes:][:blockBytes]
			header, _ := l.strip(unit, strip, 0)
			l.pack(header, r, block)
			l.codes(row[:], block)
			for b := range codes {
				copy(codes[b][r][:], row[b*blockCols:])
			}
		}
		for b := range codes {
			_, lines := l.strip(unit, strip, b)
			l.putBlock(lines, &codes[b])
		}
	}
}
