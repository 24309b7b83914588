package kernel

import "math"

// Attention writes softmax(q·K/√headDim)·V to out for each head of each vector. q and
// out are [n][heads][headDim]; heads is a multiple of kvHeads, and head h reads
// key-value head h/(heads/kvHeads). views[i] are the positions that vector i sees, in
// order. Neighbouring vectors that see the same segment are computed together, which
// changes the time but not the result.
func (p *Pool) Attention(out, q []float32, n, heads, kvHeads, headDim int, views [][]View) {
	if n == 0 {
		return
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	current().attention(p, out, q, n, heads, kvHeads, headDim, views)
}

// plainAttention computes one head of one vector at a time, with a running softmax: the
// maximum and the sum so far (Milakov and Gimelshein 2018).
func plainAttention(p *Pool, out, q []float32, n, heads, kvHeads, headDim int, views [][]View) {
	p.run(n*heads, func(row int) {
		i, head := row/heads, row%heads
		r := newAttentionRow(q[row*headDim:][:headDim], out[row*headDim:][:headDim])
		for _, view := range views[i] {
			k, v := view.head(head/(heads/kvHeads), headDim)
			r.see(k, v, view.Len)
		}
		r.end()
	})
}

// An attentionRow is the state of one head of one vector.
type attentionRow struct {
	q, out         []float32 // [headDim]; out is not yet divided by total
	highest, total float32   // the highest score so far, and Σ exp(score-highest)
}

func newAttentionRow(q, out []float32) attentionRow {
	clear(out)
	return attentionRow{q: q, out: out, highest: float32(math.Inf(-1))}
}

// see adds the first n positions of a segment's head.
func (r *attentionRow) see(k, v []uint16, n int) {
	dim := len(r.q)
	scale := float32(1 / math.Sqrt(float64(dim)))
	for pos := range n {
		var score float32
		for d, x := range r.q {
			score += x * halfToFloat(k[keyAt(pos, d, dim)])
		}
		score *= scale
		if score > r.highest {
			shrink := float32(math.Exp(float64(r.highest - score)))
			r.total *= shrink
			for d := range r.out {
				r.out[d] *= shrink
			}
			r.highest = score
		}
		w := float32(math.Exp(float64(score - r.highest)))
		r.total += w
		for d := range r.out {
			r.out[d] += w * halfToFloat(v[pos*dim+d])
		}
	}
}

// end divides by the total; what saw nothing stays zero.
func (r *attentionRow) end() {
	if r.total == 0 {
		return
	}
	inverse := 1 / r.total
	for d := range r.out {
		r.out[d] *= inverse
	}
}
