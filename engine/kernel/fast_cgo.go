//go:build cgo && linux && (amd64 || arm64)

package kernel

// #cgo CFLAGS: -O2 -std=gnu11
// #cgo LDFLAGS: -lm
// #include "kernel.h"
import "C"

import (
	"math"
	"slices"
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
		name:       C.GoString(path.name),
		linear:     f.linear,
		attention:  f.attention,
		rmsNorm:    f.rmsNorm,
		swiGLU:     f.swiGLU,
		add:        f.add,
		rope:       f.rope,
		logSumExp:  f.logSumExp,
		candidates: f.candidates,
		store:      f.store,
		read:       f.read,
		multiply:   f.multiply,
	}
}

// fast calls the C loops of one path.
type fast struct{ path *C.path }

func floats(x []float32) *C.float   { return (*C.float)(unsafe.SliceData(x)) }
func halves(x []uint16) *C.uint16_t { return (*C.uint16_t)(unsafe.SliceData(x)) }
func ints(x []int32) *C.int32_t     { return (*C.int32_t)(unsafe.SliceData(x)) }

func (f fast) rmsNorm(p *Pool, dst, x, weight []float32, n int, eps float32) {
	C.greenfill_rms_norm(p.team.c, f.path, floats(dst), floats(x), floats(weight), C.int(n), C.int(len(weight)), C.float(eps))
}

func (f fast) swiGLU(p *Pool, gate, up []float32) {
	C.greenfill_swiglu(p.team.c, f.path, floats(gate), floats(up), C.int(len(gate)))
}

func (f fast) add(p *Pool, dst, x []float32) {
	C.greenfill_add(p.team.c, f.path, floats(dst), floats(x), C.int(len(dst)))
}

func (f fast) rope(p *Pool, x []float32, n, width int, positions []int, table *RopeTable, style RopeStyle) {
	neox := C.int(0)
	if style == RopeNeoX {
		neox = 1
	}
	C.greenfill_rope(p.team.c, f.path, floats(x), C.int(n), C.int(width), C.int(table.half),
		(*C.int64_t)(unsafe.Pointer(unsafe.SliceData(positions))), floats(table.cos), floats(table.sin), neox)
}

func (f fast) logSumExp(p *Pool, logits []float32, n int, scale float32, highest, sum []float32) {
	totals := make([]float64, n) // Σ exp((logit-highest)·scale)
	C.greenfill_log_sum_exp(p.team.c, f.path, floats(logits), C.int(n), C.int(len(logits)/n), C.float(scale),
		floats(highest), (*C.double)(unsafe.SliceData(totals)))
	for i, total := range totals {
		sum[i] = highest[i]*scale + float32(math.Log(total))
	}
}

func (f fast) candidates(p *Pool, logits []float32, n int, floor []float32, dst [][]Candidate) {
	width := len(logits) / n
	counts := make([]int32, n)
	// Hardly ever does a second look have to make room for more.
	for room := 1024; ; room = int(slices.Max(counts)) {
		tokens := unsafe.Slice((*int32)(p.scratch(n*room*4)), n*room)
		C.greenfill_candidates(p.team.c, f.path, floats(logits), C.int(n), C.int(width), floats(floor), C.int(room),
			ints(tokens), ints(counts))
		if int(slices.Max(counts)) > room {
			continue
		}
		for i, count := range counts {
			dst[i] = dst[i][:0]
			for _, token := range tokens[i*room:][:count] {
				dst[i] = append(dst[i], Candidate{int(token), logits[i*width+int(token)]})
			}
		}
		return
	}
}

func (f fast) read(p *Pool, pieces [][]byte) {
	defer p.pins.Unpin()
	table := make([]C.piece, len(pieces))
	for i, piece := range pieces {
		p.pins.Pin(&piece[0])
		table[i] = C.piece{data: (*C.uint8_t)(&piece[0]), bytes: C.size_t(len(piece))}
	}
	C.greenfill_read_pieces(p.team.c, f.path, &table[0], C.int(len(table)))
}

func (f fast) multiply(rounds int) (products int) {
	return int(C.greenfill_multiply_codes(f.path, C.int(rounds)))
}

// headMultiple is what a head's length must be a multiple of on every path in C.
const headMultiple = 32

func (f fast) attention(p *Pool, out, q []float32, n, heads, kvHeads, headDim int, views [][]View) {
	if headDim%headMultiple != 0 {
		plainAttention(p, out, q, n, heads, kvHeads, headDim, views)
		return
	}
	t := &p.seen
	defer func() {
		p.pins.Unpin()
		clear(t.segments) // or it would keep their memory
	}()
	t.build(views, func(s *Segment) {
		p.show(s)
		t.segments = append(t.segments, C.segment_data{k: halves(s.K), v: halves(s.V), room: C.int(room(s.Cap))})
	})
	scratch := p.scratch(int(C.greenfill_attention_scratch(C.int(p.threads), C.int(heads), C.int(kvHeads), C.int(headDim))))
	C.greenfill_attention(p.team.c, f.path, C.int(p.threads), floats(out), floats(q), C.int(n), C.int(heads), C.int(kvHeads),
		C.int(headDim), unsafe.SliceData(t.segments), ints(t.first), unsafe.SliceData(t.views), (*C.float)(scratch))
}

func (f fast) store(p *Pool, places []Place, keys, values []float32, kvHeads, headDim int) {
	if headDim%headMultiple != 0 {
		plainStore(p, places, keys, values, kvHeads, headDim)
		return
	}
	t := &p.seen
	t.places = t.places[:0]
	defer func() {
		p.pins.Unpin()
		clear(t.places) // or it would keep their memory
	}()
	for _, place := range places {
		p.show(place.Segment)
		t.places = append(t.places, C.place{k: halves(place.K), v: halves(place.V), room: C.int(room(place.Cap)), pos: C.int(place.Pos)})
	}
	C.greenfill_store(p.team.c, f.path, &t.places[0], C.int(len(places)), floats(keys), floats(values), C.int(kvHeads), C.int(headDim))
}

// recordBytes is the size of 32 activations as a kernel.h record.
const recordBytes = C.sizeof_record

func (f fast) linear(p *Pool, x []float32, n, together int, products []Product) {
	defer p.pins.Unpin()
	table := make([]C.product, 0, 4)
	for _, pr := range products {
		m := pr.M
		p.pins.Pin(&pr.Out[0])
		if pr.Bias != nil {
			p.pins.Pin(&pr.Bias[0])
		}
		table = append(table, C.product{_type: C.int(m.t), rows: C.int(m.rows), each: C.int(p.chunkPanels(m, n)),
			packed: (*C.uint8_t)(&m.data[0]), out: floats(pr.Out), bias: floats(pr.Bias)})
	}
	cols := products[0].M.cols
	var records *C.record
	if together > 0 {
		records = (*C.record)(p.scratch(cols / blockCols * n * recordBytes))
		C.greenfill_quantise(p.team.c, f.path, records, floats(x), C.int(n), C.int(cols), C.int(together))
	}
	C.greenfill_linear(p.team.c, f.path, &table[0], C.int(len(table)), C.int(cols), records, floats(x), C.int(n))
}

// packPanel packs the rows of one panel, up to 32.
func packPanel(t Type, dst, data []byte, rows, cols int) {
	C.greenfill_pack(C.int(t), (*C.uint8_t)(&dst[0]), (*C.uint8_t)(&data[0]), C.int(rows), C.int(cols))
}
