package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"greenfill/engine/kernel"
	"greenfill/engine/memory"
)

// A Measure is one thing that can be measured of a loaded model, in tokens per second.
type Measure struct {
	Name    string // "prefill 512", "batch 16"
	Prompt  int    // tokens of the prompt
	Samples int    // that go on from it as one batch; 0 measures the prompt itself
	Tokens  int    // sampled by each
}

// measuredText is the prompt, again and again. Speed depends on what is likely to follow:
// the surer the model, the fewer tokens have to be looked at for a draw.
const measuredText = `def median(values):
    """Return the median of a list of numbers; of an even count, the mean of the middle two."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 1:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2


`

// Measures are what `greenfill bench engine` prints: a prompt of 512 tokens, and samples
// that share a prompt of 256.
func Measures() []Measure {
	list := []Measure{{Name: "prefill 512", Prompt: 512}}
	for _, n := range []int{1, 4, 8, 16, 32} {
		list = append(list, Measure{Name: fmt.Sprintf("batch %d", n), Prompt: 256, Samples: n, Tokens: 16})
	}
	return list
}

// Run measures once and returns tokens per second. Everything that Sample does for a
// token is done, the draw included; but no two samples share a column and none ends, so
// that every step has as many columns as the measure says. The prompt is not taken from
// the cache.
func (e Measure) Run(ctx context.Context, m *Model) (float64, error) {
	if err := m.acquire(ctx); err != nil {
		return 0, err
	}
	defer m.release()
	random := rand.New(rand.NewPCG(1, 1))
	text := m.tokenizer.Encode(measuredText, false)
	prompt := make([]int, e.Prompt)
	for i := range prompt {
		prompt[i] = text[i%len(text)]
	}
	root := m.NewSequence()
	start := time.Now()
	err := m.extend(ctx, root, prompt, len(prompt)-1, func(int, []float32) {})
	if err != nil || e.Samples == 0 {
		return float64(e.Prompt) / time.Since(start).Seconds(), err
	}

	sampling := Sampling{Temperature: 0.8}
	d := decoder{model: m, request: &Request{Sampling: sampling}}
	sequences, tokens := make([]*Sequence, e.Samples), make([]int, e.Samples)
	for i := range sequences {
		sequences[i], tokens[i] = root.Fork(), random.IntN(m.tokenizer.Len())
	}
	start = time.Now()
	for range e.Tokens {
		logits, err := m.step(ctx, sequences, tokens)
		if err != nil {
			return 0, err
		}
		for i, distribution := range d.distributions(logits, e.Samples) {
			tokens[i] = distribution.draw(random.Float64()).token
		}
	}
	return float64(e.Samples*e.Tokens) / time.Since(start).Seconds(), nil
}

// StartUp is what it costs to have a model ready.
type StartUp struct {
	Ready    time.Duration // until Open returned
	Resident int64         // bytes of memory that the process holds more than before
}

// MeasureStartUp opens the model at path once and closes it again. Resident is measured
// after a prompt of 256 tokens and 16 samples, when all buffers have their size.
func MeasureStartUp(ctx context.Context, path string, options Options) (s StartUp, err error) {
	before, err := memory.Resident()
	if err != nil {
		return s, err
	}
	start := time.Now()
	m, err := Open(ctx, path, options)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	s.Ready = time.Since(start)
	if _, err = (Measure{Prompt: 256, Samples: 16, Tokens: 4}).Run(ctx, m); err != nil {
		return s, err
	}
	after, err := memory.Resident()
	s.Resident = after - before
	return s, err
}

// ReadRate returns the bytes a second at which the model's threads read its weights and
// do nothing else: the limit of what one sample can reach, since each token reads all
// weights (Info.Weights bytes) once.
func (m *Model) ReadRate(ctx context.Context) (float64, error) {
	if err := m.acquire(ctx); err != nil {
		return 0, err
	}
	defer m.release()
	return m.pool.ReadRate(m.weights.matrices()), nil
}

// PeakRate returns the products a second that as many threads as the model has reach
// together, all busy for a while, if their operands are always at hand: the limit of what
// a large batch can reach, since each column takes Info.Products of them.
func (m *Model) PeakRate(ctx context.Context) (float64, error) {
	if err := m.acquire(ctx); err != nil {
		return 0, err
	}
	defer m.release()
	const long = 300 * time.Millisecond // a short burst runs at a higher clock
	start := time.Now()
	rates := make([]float64, m.pool.Threads())
	var group sync.WaitGroup
	for i := range rates {
		group.Go(func() {
			sum, count := 0.0, 0
			for count == 0 || time.Since(start) < long {
				sum += kernel.PeakRate()
				count++
			}
			rates[i] = sum / float64(count)
		})
	}
	group.Wait()
	total := 0.0
	for _, rate := range rates {
		total += rate
	}
	return total, nil
}
