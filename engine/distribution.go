package engine

import (
	"math"

	"greenfill/engine/kernel"
)

// horizon bounds the tokens that can be drawn: those whose logit, divided by the
// temperature, is further below the likeliest are left out. Each had less than
// e^-20 = 2e-9 of the likeliest token's probability.
const horizon = 20

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
	sorted []choice // by falling probability, as far as was needed yet
	heap   []choice // the rest, the likeliest on top
	mass   float64  // Σ weight
	logSum float64  // log Σ exp(logit) over the whole vocabulary
}

// floor returns the lowest logit that a token needs to be drawn when the likeliest has
// the logit highest. It knows of temperature and min-p only.
func (s Sampling) floor(highest float32) float32 {
	if s.Temperature <= 0 {
		return highest
	}
	depth := float64(horizon)
	if s.MinP > 0 {
		depth = min(depth, -math.Log(s.MinP))
	}
	return highest - float32(depth*s.Temperature)
}

// newDistribution prepares draws from the candidates that pass floor. highest and logSum
// are kernel.Pool.LogSumExp's at scale 1.
func newDistribution(candidates []kernel.Candidate, highest, logSum float32, s Sampling) *distribution {
	d := &distribution{logSum: float64(logSum)}
	if s.Temperature <= 0 {
		d.sorted = []choice{{candidates[0].Token, candidates[0].Logit, 1}}
		d.mass = 1
		return d
	}
	d.heap = make([]choice, len(candidates))
	for i, c := range candidates {
		d.heap[i] = choice{c.Token, c.Logit, math.Exp(float64(c.Logit-highest) / s.Temperature)}
		d.mass += d.heap[i].weight
	}
	for i := len(d.heap)/2 - 1; i >= 0; i-- {
		d.sink(i)
	}
	if s.TopK > 0 && s.TopK < len(d.heap) {
		d.keep(func(kept int, _ float64) bool { return kept == s.TopK })
	}
	if s.TopP > 0 && s.TopP < 1 {
		enough := s.TopP * d.mass
		d.keep(func(_ int, mass float64) bool { return mass >= enough })
	}
	return d
}

// keep cuts the distribution to its likeliest choices: as many as make full true of
// their number and mass.
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
	d.sorted, d.heap, d.mass = d.sorted[:kept], nil, mass
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

// at returns the i-th likeliest choice. It must be asked for in order.
func (d *distribution) at(i int) (choice, bool) {
	if i < len(d.sorted) {
		return d.sorted[i], true
	}
	if len(d.heap) == 0 {
		return choice{}, false
	}
	top, last := d.heap[0], len(d.heap)-1
	d.heap[0] = d.heap[last]
	d.heap = d.heap[:last]
	d.sink(0)
	d.sorted = append(d.sorted, top)
	return top, true
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
