package kernel

import "math"

// A RopeStyle says which two values of a head are rotated together.
type RopeStyle int

const (
	RopeNorm RopeStyle = iota + 1 // neighbours: 2i and 2i+1 (llama)
	RopeNeoX                      // halves: i and i+headDim/2 (qwen2)
)

// A RopeTable holds the sines and cosines of rotary position embedding.
type RopeTable struct {
	half     int
	cos, sin []float32 // [maxPos][headDim/2]
}

// NewRopeTable prepares positions 0 to maxPos-1: pair i of a head turns by
// position * base^(-2i/headDim).
func NewRopeTable(headDim int, base float64, maxPos int) *RopeTable {
	half := headDim / 2
	t := &RopeTable{half: half, cos: make([]float32, maxPos*half), sin: make([]float32, maxPos*half)}
	for i := range half {
		frequency := math.Pow(base, -2*float64(i)/float64(headDim))
		for pos := range maxPos {
			sin, cos := math.Sincos(float64(pos) * frequency)
			t.cos[pos*half+i], t.sin[pos*half+i] = float32(cos), float32(sin)
		}
	}
	return t
}

// RoPE rotates every head of x, [n][heads][headDim], vector i by positions[i].
func (p *Pool) RoPE(x []float32, n, heads, headDim int, positions []int, table *RopeTable, style RopeStyle) {
	if n == 0 {
		return
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	current().rope(p, x, n, heads*headDim, positions, table, style)
}

func plainRoPE(p *Pool, x []float32, n, width int, positions []int, table *RopeTable, style RopeStyle) {
	p.run(n, func(i int) {
		cos := table.cos[positions[i]*table.half:][:table.half]
		sin := table.sin[positions[i]*table.half:][:table.half]
		plainRotate(x[i*width:][:width], cos, sin, style)
	})
}

// plainRotate turns each head of x, [heads][2*len(cos)].
func plainRotate(x, cos, sin []float32, style RopeStyle) {
	for ; len(x) > 0; x = x[2*len(cos):] {
		for i, c := range cos {
			a, b := 2*i, 2*i+1
			if style == RopeNeoX {
				a, b = i, i+len(cos)
			}
			u, v, s := x[a], x[b], sin[i]
			x[a], x[b] = u*c-v*s, u*s+v*c
		}
	}
}
