package kernel

import "math"

// chunkValues is how many values of an element-wise step a thread takes at a time on the
// portable path.
const chunkValues = 4096

// spans calls f on pieces of 0 to n, in parallel.
func (p *Pool) spans(n int, f func(from, to int)) {
	p.run((n+chunkValues-1)/chunkValues, func(chunk int) {
		f(chunk*chunkValues, min((chunk+1)*chunkValues, n))
	})
}

// RMSNorm writes each of the n vectors of x, divided by its root mean square and
// multiplied by weight, to dst. x and dst are [n][len(weight)] and may be the same.
func (p *Pool) RMSNorm(dst, x, weight []float32, n int, eps float32) {
	if n == 0 {
		return
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	current().rmsNorm(p, dst, x, weight, n, eps)
}

func plainRMSNorms(p *Pool, dst, x, weight []float32, n int, eps float32) {
	width := len(weight)
	p.run(n, func(i int) { plainRMSNorm(dst[i*width:][:width], x[i*width:][:width], weight, eps) })
}

func plainRMSNorm(dst, x, weight []float32, eps float32) {
	var sum float64
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	scale := float32(1 / math.Sqrt(sum/float64(len(x))+float64(eps)))
	for k, v := range x {
		dst[k] = v * scale * weight[k]
	}
}

// SwiGLU computes gate = silu(gate)*up, where silu(x) = x/(1+exp(-x)).
func (p *Pool) SwiGLU(gate, up []float32) {
	p.calls.Lock()
	defer p.calls.Unlock()
	current().swiGLU(p, gate, up)
}

func plainSwiGLU(gate, up []float32) {
	for i, g := range gate {
		gate[i] = g / (1 + float32(math.Exp(-float64(g)))) * up[i]
	}
}

// Add computes dst += x.
func (p *Pool) Add(dst, x []float32) {
	p.calls.Lock()
	defer p.calls.Unlock()
	current().add(p, dst, x)
}

func plainAdd(dst, x []float32) {
	for i := range dst {
		dst[i] += x[i]
	}
}
