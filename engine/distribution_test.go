package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"greenfill/engine/kernel"
)

// distributionOf prepares draws from logits as the decoder does.
func distributionOf(logits []float32, s Sampling) *distribution {
	p := kernel.NewPool(1)
	defer p.Close()
	d := decoder{model: &Model{pool: p}, request: &Request{Sampling: s}}
	return d.distributions(logits, 1)[0]
}

// logitsOf returns logits whose softmax is p, moved by a constant.
func logitsOf(p ...float64) []float32 {
	logits := make([]float32, len(p))
	for i, v := range p {
		logits[i] = float32(math.Log(v)) + 3
	}
	return logits
}

// probabilities returns what a distribution gives each token, by asking it for every
// one of many evenly spaced draws.
func probabilities(d *distribution, tokens int) []float64 {
	const steps = 100_000
	p := make([]float64, tokens)
	for i := range steps {
		p[d.draw((float64(i)+0.5)/steps).token] += 1.0 / steps
	}
	return p
}

func TestSamplingSettings(t *testing.T) {
	p := []float64{0.1, 0.4, 0.05, 0.3, 0.15}
	for _, test := range []struct {
		name string
		s    Sampling
		want []float64
	}{
		{"plain", Sampling{Temperature: 1}, p},
		{"greedy", Sampling{}, []float64{0, 1, 0, 0, 0}},
		{"greedy ignores the rest", Sampling{TopK: 3, TopP: 0.5, MinP: 0.1}, []float64{0, 1, 0, 0, 0}},
		{"half the temperature squares", Sampling{Temperature: 0.5}, []float64{0.01 / 0.285, 0.16 / 0.285, 0.0025 / 0.285, 0.09 / 0.285, 0.0225 / 0.285}},
		{"top-k", Sampling{Temperature: 1, TopK: 2}, []float64{0, 4.0 / 7, 0, 3.0 / 7, 0}},
		{"top-k of more than there are", Sampling{Temperature: 1, TopK: 9}, p},
		{"top-p takes the token that crosses", Sampling{Temperature: 1, TopP: 0.71}, []float64{0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85}},
		{"top-p below the likeliest", Sampling{Temperature: 1, TopP: 0.01}, []float64{0, 1, 0, 0, 0}},
		{"top-p of one", Sampling{Temperature: 1, TopP: 1}, p},
		{"min-p", Sampling{Temperature: 1, MinP: 0.3}, []float64{0, 0.4 / 0.85, 0, 0.3 / 0.85, 0.15 / 0.85}},
		{"min-p is meant after the temperature", Sampling{Temperature: 0.5, MinP: 0.3}, []float64{0, 16.0 / 25, 0, 9.0 / 25, 0}},
		{"top-k before top-p", Sampling{Temperature: 1, TopK: 2, TopP: 0.6}, []float64{0, 4.0 / 7, 0, 3.0 / 7, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := probabilities(distributionOf(logitsOf(p...), test.s), len(p))
			for i := range p {
				if math.Abs(got[i]-test.want[i]) > 1e-4 {
					t.Fatalf("got %.4f, want %.4f", got, test.want)
				}
			}
		})
	}
}

// The lazily sorted heap must give the same draws as a full sort.
func TestDrawIsThatOfASortedList(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		logits := make([]float32, 1+r.IntN(400))
		for i := range logits {
			logits[i] = float32(r.IntN(80)) / 4 // with ties, and in every ring
		}
		d := distributionOf(logits, Sampling{Temperature: 0.7})
		order := make([]int, len(logits))
		total := 0.0
		weight := func(i int) float64 { return math.Exp(float64(logits[i]-slices.Max(logits)) / 0.7) }
		for i := range order {
			order[i] = i
			total += weight(i)
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(4 * (logits[b] - logits[a])) })
		for range 100 {
			u := r.Float64()
			left, want := u*total, order[len(order)-1]
			border := false // the sum of float32 may put u on the other side of it
			for _, i := range order {
				border = border || math.Abs(left-weight(i)) < 1e-5*total
				if left -= weight(i); left < 0 {
					want = i
					break
				}
			}
			if got := d.draw(u).token; got != want && !border {
				t.Fatalf("draw(%g) = %d, want %d", u, got, want)
			}
		}
	}
}

func TestLogProbIsAtTemperatureOne(t *testing.T) {
	p := []float64{0.1, 0.4, 0.05, 0.3, 0.15}
	d := distributionOf(logitsOf(p...), Sampling{Temperature: 0.2, TopK: 1})
	if got := d.logProb(d.draw(0.5)); math.Abs(got-math.Log(0.4)) > 1e-6 {
		t.Errorf("log-probability %g, want %g", got, math.Log(0.4))
	}
}

// Streams must neither repeat nor go together.
func TestStreamsAreIndependent(t *testing.T) {
	const n = 2000
	sum := 0.0
	for i := range uint64(n) {
		x, y := stream(7, i, 0).Float64(), stream(7, i+1, 0).Float64()
		sum += (x - 0.5) * (y - 0.5) * 12
	}
	if correlation := sum / n; math.Abs(correlation) > 4/math.Sqrt(n) {
		t.Errorf("neighbouring streams correlate by %g", correlation)
	}
	if stream(7, 1, 0).Uint64() == stream(8, 1, 0).Uint64() || stream(7, 1, 0).Uint64() != stream(7, 1, 0).Uint64() {
		t.Error("a stream depends on its seed, and on nothing else")
	}
}
