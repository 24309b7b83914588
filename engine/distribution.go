package engine

import (
	"math"
	"slices"

	"greenfill/engine/kernel"
)

// rings are how far below the likeliest token, in logits over the temperature, tokens
// are looked for: further only when a draw asks for it. What lies beyond the last has
// less than e^-24 = 4e-11 of the likeliest token's probability and is never drawn.
var rings = [...]float64{5, 10, 24}

// A choice is a token that may come next.
type choice struct {
	token  int
	logit  float32
	weight float64 // its probability over that of the likeliest, at the temperature
}

// before orders choices by falling probability; ties by number, so that a draw is the
// same everywhere.
func (a choice) before(b choice) bool {
	return a.logit > b.logit || a.logit == b.logit && a.token < b.token
}

// A distribution is what may come next, under a Sampling. The order of the settings is:
// temperature, top-k, min-p, top-p.
type distribution struct {
	sampling Sampling
	logits   []float32 // [vocabulary]; valid until the next run
	highest  float32   // logit
	logSum   float64   // log Σ exp(logit), for log-probabilities at temperature 1
	mass     float64   // Σ weight of all that can be drawn

	sorted []choice // by falling probability, as far as was needed yet
	heap   []choice // what else the rings reached, the likeliest on top
	ring   int      // rings reached; len(rings) when there are no more
}

// floor returns the lowest logit of a ring.
func (s Sampling) floor(highest float32, ring int) float32 {
	if s.Temperature <= 0 {
		return highest
	}
	depth := rings[ring]
	if s.MinP > 0 {
		depth = min(depth, -math.Log(s.MinP))
	}
	return highest - float32(depth*s.Temperature)
}

// newDistribution prepares draws from logits. candidates are those of the first ring,
// highest the likeliest's logit, logSum log Σ exp(logit) and logSumT the same of the
// logits over the temperature.
func newDistribution(s Sampling, logits []float32, candidates []kernel.Candidate, highest, logSum, logSumT float32) *distribution {
	d := &distribution{sampling: s, logits: logits, highest: highest, logSum: float64(logSum)}
	if s.Temperature <= 0 {
		d.sorted, d.ring = []choice{{candidates[0].Token, candidates[0].Logit, 1}}, len(rings)
		d.mass = 1
		return d
	}
	d.heap = make([]choice, 0, len(candidates))
	for _, c := range candidates {
		d.add(c.Token, c.Logit)
	}
	d.ring = 1
	d.mass = math.Exp(float64(logSumT) - float64(highest)/s.Temperature)
	if s.MinP > 0 {
		d.keep(func(int, float64) bool { return false })
	}
	if s.TopK > 0 {
		d.keep(func(kept int, _ float64) bool { return kept == s.TopK })
	}
	if s.TopP > 0 && s.TopP < 1 {
		enough := s.TopP * d.mass
		d.keep(func(_ int, mass float64) bool { return mass >= enough })
	}
	return d
}

// keep cuts the distribution to its likeliest choices: as many as make full true of
// their number and mass, or all.
func (d *distribution) keep(full func(kept int, mass float64) bool) {
	kept, mass := 0, 0.0
	for {
		c, ok := d.at(kept)
		if !ok {
			break
		}
		kept++
		if mass += c.weight; full(kept, mass) {
			break
		}
	}
	d.sorted, d.heap, d.ring, d.mass = d.sorted[:kept], nil, len(rings), mass
}

// draw returns the choice at u, from 0 to 1, of the cumulative distribution.
func (d *distribution) draw(u float64) choice {
	left := u * d.mass
	for i := 0; ; i++ {
		c, ok := d.at(i)
		if !ok { // the rounding of the sum
			return d.sorted[i-1]
		}
		if left -= c.weight; left < 0 {
			return c
		}
	}
}

// near returns the choices of the first ring, and the weight of all others together.
func (d *distribution) near() (choices []choice, rest float64) {
	choices = slices.Concat(d.sorted, d.heap)
	if d.ring == len(rings) {
		return choices, 0
	}
	rest = d.mass
	for _, c := range choices {
		rest -= c.weight
	}
	if rest < 1e-6*d.mass { // less than what the sum was rounded by
		return choices, 0
	}
	return choices, rest
}

// far returns the choices beyond the first ring. The distribution is of no use afterwards.
func (d *distribution) far() []choice {
	d.sorted, d.heap = nil, nil
	for d.ring < len(rings) {
		d.widen()
	}
	return d.heap
}

// at returns the i-th likeliest choice. It must be asked for in order.
func (d *distribution) at(i int) (choice, bool) {
	if i < len(d.sorted) {
		return d.sorted[i], true
	}
	for len(d.heap) == 0 {
		if d.ring == len(rings) {
			return choice{}, false
		}
		d.widen()
	}
	top, last := d.heap[0], len(d.heap)-1
	d.heap[0] = d.heap[last]
	d.heap = d.heap[:last]
	d.sink(0)
	d.sorted = append(d.sorted, top)
	return top, true
}

// widen adds the tokens of the next ring, all of which are less likely than those known.
func (d *distribution) widen() {
	above, floor := d.sampling.floor(d.highest, d.ring-1), d.sampling.floor(d.highest, d.ring)
	for token, logit := range d.logits {
		if logit < above && logit >= floor {
			d.add(token, logit)
		}
	}
	d.ring++
}

// add puts a token on the heap.
func (d *distribution) add(token int, logit float32) {
	d.heap = append(d.heap, choice{token, logit, math.Exp(float64(logit-d.highest) / d.sampling.Temperature)})
	for i := len(d.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !d.heap[i].before(d.heap[parent]) {
			return
		}
		d.heap[i], d.heap[parent] = d.heap[parent], d.heap[i]
		i = parent
	}
}

// sink restores the heap below i.
func (d *distribution) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(d.heap) {
			return
		}
		if right := child + 1; right < len(d.heap) && d.heap[right].before(d.heap[child]) {
			child = right
		}
		if !d.heap[child].before(d.heap[i]) {
			return
		}
		d.heap[i], d.heap[child] = d.heap[child], d.heap[i]
		i = child
	}
}

// logProb is the log-probability of c at temperature 1, over the whole vocabulary.
func (d *distribution) logProb(c choice) float64 { return float64(c.logit) - d.logSum }
