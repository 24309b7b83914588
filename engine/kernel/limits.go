package kernel

import (
	"runtime"
	"time"
)

// ReadRate returns the bytes per second at which the pool's threads read the packed
// matrices, all together and once: what one vector's products could reach at most.
func (p *Pool) ReadRate(matrices []*Matrix) float64 {
	const piece = 256 << 10
	var pieces [][]byte
	var bytes int
	for _, m := range matrices {
		bytes += len(m.data)
		for data := m.data; len(data) > 0; data = data[min(piece, len(data)):] {
			pieces = append(pieces, data[:min(piece, len(data))])
		}
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	start := time.Now()
	current().read(p, pieces)
	return float64(bytes) / time.Since(start).Seconds()
}

// PeakRate returns the products of codes per second that one thread reaches when all
// operands are in registers: what many vectors' products could reach at most, on the
// path that runs. It takes a few milliseconds.
func PeakRate() float64 {
	const tries, rounds = 20, 20000
	multiply := current().multiply
	best := time.Duration(1<<63 - 1)
	var products int
	for range tries {
		start := time.Now()
		products = multiply(rounds)
		best = min(best, max(1, time.Since(start)))
	}
	return float64(products) / best.Seconds()
}

func plainRead(data []byte) {
	var seen byte
	for _, b := range data {
		seen |= b
	}
	runtime.KeepAlive(seen) // or the compiler drops work that is only measured
}

func plainMultiply(rounds int) (products int) {
	w, x := [8]int8{1, 2, 3, 4, 5, 6, 7, 8}, [8]int8{8, 7, 6, 5, 4, 3, 2, 1}
	var sum int32
	for r := range rounds {
		for i := range w {
			sum += int32(w[i]) * int32(x[i]+int8(r))
		}
	}
	runtime.KeepAlive(sum)
	return rounds * len(w)
}
