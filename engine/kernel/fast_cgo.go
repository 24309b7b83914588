//go:build cgo && linux && (amd64 || arm64)

package kernel

// #cgo CFLAGS: -O2 -std=gnu11
// #cgo LDFLAGS: -lm
// #include "kernel.h"
import "C"

import (
	"math"
	"unsafe"
)

// fastLoops returns the paths in C that this machine has, the fastest first.
func fastLoops() []*loops {
	var found []*loops
	for i := C.int(0); C.greenfill_path(i) != nil; i++ {
		if path := C.greenfill_path(i); C.greenfill_available(path) != 0 {
			found = append(found, newFastLoops(path))
		}
	}
	return found
}

func newFastLoops(path *C.path) *loops {
	f := fast{path}
	return &loops{
		name:        C.GoString(path.name),
		linear:      f.linear,
		attend:      f.attend,
		store:       f.store,
		rmsNorm:     f.rmsNorm,
		swiGLU:      f.swiGLU,
		add:         f.add,
		rotate:      f.rotate,
		logSumExp:   f.logSumExp,
		nextAtLeast: f.nextAtLeast,
		read:        f.read,
		multiply:    f.multiply,
	}
}

// fast calls the C loops of one path.
type fast struct{ path *C.path }

func floats(x []float32) *C.float   { return (*C.float)(unsafe.SliceData(x)) }
func halves(x []uint16) *C.uint16_t { return (*C.uint16_t)(unsafe.SliceData(x)) }

func (f fast) rmsNorm(dst, x, weight []float32, eps float32) {
	C.greenfill_rms_norm(f.path, floats(dst), floats(x), floats(weight), C.int(len(x)), C.float(eps))
}

func (f fast) swiGLU(gate, up []float32) {
	C.greenfill_swiglu(f.path, floats(gate), floats(up), C.int(len(gate)))
}

func (f fast) add(dst, x []float32) { C.greenfill_add(f.path, floats(dst), floats(x), C.int(len(dst))) }

func (f fast) rotate(x, cos, sin []float32, style RopeStyle) {
	halves := C.int(0)
	if style == RopeNeoX {
		halves = 1
	}
	C.greenfill_rope(f.path, floats(x), C.int(len(x)/(2*len(cos))), floats(cos), floats(sin), C.int(len(cos)), halves)
}

func (f fast) logSumExp(logits []float32, scale float32) (highest, sum float32) {
	var top C.float
	var total C.double
	C.greenfill_log_sum_exp(f.path, floats(logits), C.int(len(logits)), C.float(scale), &top, &total)
	return float32(top), float32(top)*scale + float32(math.Log(float64(total)))
}

func (f fast) nextAtLeast(x []float32, i int, floor float32) int {
	return int(C.greenfill_next_at_least(f.path, floats(x), C.int(i), C.int(len(x)), C.float(floor)))
}

func (f fast) read(data []byte) {
	C.greenfill_read_bytes(f.path, (*C.uint8_t)(unsafe.SliceData(data)), C.size_t(len(data)))
}

func (f fast) multiply(rounds int) (products int) {
	return int(C.greenfill_multiply_codes(f.path, C.int(rounds)))
}

// headMultiple is what a head's length must be a multiple of on every path in C.
const headMultiple = 32

func (f fast) attend(t *attentionTask, first int, k, v []uint16) {
	if t.dim%headMultiple != 0 {
		plainAttend(t, first, k, v)
		return
	}
	C.greenfill_attend(f.path, C.int(len(t.seen)*t.group), C.int(t.group), C.int(t.dim), floats(t.q[first*t.dim:]),
		halves(k), halves(v), (*C.int32_t)(&t.seen[0]), floats(t.out[first*t.dim:]), floats(t.highest[first:]), floats(t.total[first:]))
}

func (f fast) store(keys, values []uint16, k, v []float32, pos int) {
	if len(k)%headMultiple != 0 {
		plainStore(keys, values, k, v, pos)
		return
	}
	C.greenfill_store_position(f.path, halves(keys), halves(values), floats(k), floats(v), C.int(pos), C.int(len(k)))
}

// recordBytes is the size of 32 activations as a kernel.h record.
const recordBytes = C.sizeof_record

func (f fast) linear(p *Pool, x []float32, n, cols, together int) multiplier {
	var records *C.record
	if together > 0 {
		blocks := cols / blockCols
		records = (*C.record)(p.scratch(blocks * n * recordBytes))
		each := max(1, chunkValues/(n*blockCols*unitBlocks)) * unitBlocks // blocks that are read together
		p.run((blocks+each-1)/each, func(chunk int) {
			C.greenfill_quantise(f.path, records, floats(x), C.int(n), C.int(cols),
				C.int(chunk*each), C.int(min((chunk+1)*each, blocks)), C.int(together))
		})
	}
	return func(pr *Product, from, to int) {
		m := pr.M
		if m.layout == nil {
			C.greenfill_linear_float(f.path, C.int(m.t), (*C.uint8_t)(&m.data[0]), C.int(m.rows), C.int(m.cols),
				C.int(from), C.int(to), floats(x), C.int(n), floats(pr.Out), floats(pr.Bias))
			return
		}
		C.greenfill_linear(f.path, C.int(m.t), (*C.uint8_t)(&m.data[0]), C.int(m.rows), C.int(m.cols),
			C.int(from), C.int(to), records, C.int(n), floats(pr.Out), floats(pr.Bias))
	}
}

// packPanel packs the rows of one panel, up to 32.
func packPanel(t Type, dst, data []byte, rows, cols int) {
	C.greenfill_pack(C.int(t), (*C.uint8_t)(&dst[0]), (*C.uint8_t)(&data[0]), C.int(rows), C.int(cols))
}
