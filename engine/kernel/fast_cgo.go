//go:build cgo && linux && (amd64 || arm64)

package kernel

// #cgo CFLAGS: -O2 -std=gnu11
// #include "kernel.h"
import "C"

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
	l := plainLoops
	l.name = C.GoString(path.name)
	l.linear = func(p *Pool, x []float32, n, cols int, quantised bool) multiplier {
		return fastLinear(path, p, x, n, cols, quantised)
	}
	return &l
}

// recordBytes is the size of 32 activations as a kernel.h record.
const recordBytes = C.sizeof_record

func fastLinear(path *C.path, p *Pool, x []float32, n, cols int, quantised bool) multiplier {
	var records *C.record
	if quantised {
		blocks := cols / blockCols
		records = (*C.record)(p.scratch(blocks * n * recordBytes))
		each := max(1, chunkValues/(n*blockCols))
		p.run((blocks+each-1)/each, func(chunk int) {
			C.greenfill_quantise(path, records, (*C.float)(&x[0]), C.int(n), C.int(cols),
				C.int(chunk*each), C.int(min((chunk+1)*each, blocks)))
		})
	}
	return func(pr *Product, from, to int) {
		m := pr.M
		if _, ok := layouts[m.t]; !ok {
			for panel := from; panel < to; panel++ {
				pr.panelPlain(x, nil, n, panel)
			}
			return
		}
		var bias *C.float
		if pr.Bias != nil {
			bias = (*C.float)(&pr.Bias[0])
		}
		C.greenfill_linear(path, C.int(m.t), (*C.uint8_t)(&m.data[0]), C.int(m.rows), C.int(m.cols),
			C.int(from), C.int(to), records, C.int(n), (*C.float)(&pr.Out[0]), bias)
	}
}

// packPanel packs the rows of one panel, up to 16.
func packPanel(t Type, dst, data []byte, rows, cols int) {
	if _, ok := layouts[t]; !ok {
		packPanelPlain(t, dst, data, rows, cols)
		return
	}
	C.greenfill_pack(C.int(t), (*C.uint8_t)(&dst[0]), (*C.uint8_t)(&data[0]), C.int(rows), C.int(cols))
}
