package kernel

import "math"

// NewSegment returns an empty segment of the given capacity in positions.
func NewSegment(kvHeads, capacity, headDim int) Segment {
	size := kvHeads * capacity * headDim
	return Segment{K: make([]uint16, size), V: make([]uint16, size), Cap: capacity}
}

// Store writes the key and value of one position, [kvHeads][headDim] each. Stores to
// different positions may run at once.
func (s Segment) Store(pos int, k, v []float32, kvHeads, headDim int) {
	for h := range kvHeads {
		at := (h*s.Cap + pos) * headDim
		for d := range headDim {
			s.K[at+d] = floatToHalf(k[h*headDim+d])
			s.V[at+d] = floatToHalf(v[h*headDim+d])
		}
	}
}

// Attention writes softmax(q·K/√headDim)·V to out for each head of each vector. q and
// out are [n][heads][headDim]; heads is a multiple of kvHeads, and head h reads
// key-value head h/(heads/kvHeads). views[i] are the positions that vector i sees, in
// order. Neighbouring vectors that see the same segment are computed together, which
// changes the time but not the result.
func (p *Pool) Attention(out, q []float32, n, heads, kvHeads, headDim int, views [][]View) {
	p.calls.Lock()
	defer p.calls.Unlock()
	group := heads / kvHeads
	p.run(n*heads, func(chunk int) {
		i, h := chunk/heads, chunk%heads
		attend(out[chunk*headDim:][:headDim], q[chunk*headDim:][:headDim], views[i], h/group, headDim)
	})
}

func attend(out, q []float32, views []View, kvHead, headDim int) {
	scale := float32(1 / math.Sqrt(float64(headDim)))
	clear(out)
	highest, sum := float32(math.Inf(-1)), float32(0)
	for _, v := range views {
		for pos := range v.Len {
			at := (kvHead*v.Cap + pos) * headDim
			k, val := v.K[at:at+headDim], v.V[at:at+headDim]
			var score float32
			for d, x := range q {
				score += x * halfToFloat(k[d])
			}
			score *= scale
			if score > highest {
				shrink := float32(math.Exp(float64(highest - score)))
				sum *= shrink
				for d := range out {
					out[d] *= shrink
				}
				highest = score
			}
			w := float32(math.Exp(float64(score - highest)))
			sum += w
			for d := range out {
				out[d] += w * halfToFloat(val[d])
			}
		}
	}
	if sum > 0 {
		for d := range out {
			out[d] /= sum
		}
	}
}
