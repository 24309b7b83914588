package kernel

import "math"

// LogSumExp reports, for each of n vectors of logits, [n][len(logits)/n], the highest
// logit and log Σ exp(logit·scale); scale is 1 over the temperature.
func (p *Pool) LogSumExp(logits []float32, n int, scale float32, highest, sum []float32) {
	p.calls.Lock()
	defer p.calls.Unlock()
	current().logSumExp(p, logits, n, scale, highest, sum)
}

func plainLogSumExps(p *Pool, logits []float32, n int, scale float32, highest, sum []float32) {
	width := len(logits) / n
	p.run(n, func(i int) { highest[i], sum[i] = plainLogSumExp(logits[i*width:][:width], scale) })
}

func plainLogSumExp(logits []float32, scale float32) (highest, sum float32) {
	highest = float32(math.Inf(-1))
	for _, v := range logits {
		highest = max(highest, v)
	}
	var total float64
	for _, v := range logits {
		total += math.Exp(float64((v - highest) * scale))
	}
	return highest, highest*scale + float32(math.Log(total))
}

// A Candidate is a token that may be drawn.
type Candidate struct {
	Token int
	Logit float32
}

// Candidates returns, for each of n vectors of logits, the tokens whose logit is at
// least floor[i], in the order of their numbers. dst, if not nil, holds n slices whose
// memory is used again.
func (p *Pool) Candidates(logits []float32, n int, floor []float32, dst [][]Candidate) [][]Candidate {
	if dst == nil {
		dst = make([][]Candidate, n)
	}
	p.calls.Lock()
	defer p.calls.Unlock()
	current().candidates(p, logits, n, floor, dst)
	return dst
}

func plainCandidates(p *Pool, logits []float32, n int, floor []float32, dst [][]Candidate) {
	width := len(logits) / n
	p.run(n, func(i int) {
		dst[i] = dst[i][:0]
		for token, x := range logits[i*width:][:width] {
			if x >= floor[i] {
				dst[i] = append(dst[i], Candidate{token, x})
			}
		}
	})
}
