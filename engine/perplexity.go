package engine

import (
	"context"
	"fmt"
	"math"
	"slices"

	"greenfill/engine/tokenizer"
)

// Perplexity is how surprised a model is by a text: the exponential of the mean negative
// log-probability of its tokens.
type Perplexity struct {
	Value  float64
	Error  float64 // standard error of Value
	Chunks int
	Scored int // tokens whose probability counts
}

// Perplexity measures text as llama-perplexity does: cut into chunks of window tokens
// (512 there), each seen by itself, of which the second half counts. progress, if not
// nil, is told the value so far after each chunk. At least two chunks are needed.
func (m *Model) Perplexity(ctx context.Context, text string, window int, progress func(chunk, chunks int, value float64)) (Perplexity, error) {
	bos := tokenizer.None
	if m.tokenizer.AddBOS() {
		bos = m.tokenizer.BOS()
	}
	tokens := m.tokenizer.Encode(text, true)
	if bos != tokenizer.None {
		tokens = append([]int{bos}, tokens...)
	}
	if window < 4 || window > m.config.context || len(tokens) < 2*window {
		return Perplexity{}, fmt.Errorf("perplexity in chunks of %d tokens: the context holds %d and the text has %d; it needs two chunks",
			window, m.config.context, len(tokens))
	}
	p := Perplexity{Chunks: len(tokens) / window}
	var sum, squares float64
	for i := range p.Chunks {
		chunk := slices.Clone(tokens[i*window : (i+1)*window])
		if bos != tokenizer.None {
			chunk[0] = bos
		}
		// What follows the last token is not known.
		err := m.NewSequence().ExtendAll(ctx, chunk[:window-1], window/2, func(i int, logits []float32) {
			surprise := logSumExp(logits) - float64(logits[chunk[i+1]])
			sum += surprise
			squares += surprise * surprise
			p.Scored++
		})
		if err != nil {
			return Perplexity{}, err
		}
		p.Value = math.Exp(sum / float64(p.Scored))
		if progress != nil {
			progress(i+1, p.Chunks, p.Value)
		}
	}
	mean := sum / float64(p.Scored)
	p.Error = p.Value * math.Sqrt(max(0, squares/float64(p.Scored)-mean*mean)/float64(p.Scored-1))
	return p, nil
}

// logSumExp is log Σ exp(logit).
func logSumExp(logits []float32) float64 {
	highest, sum := float64(slices.Max(logits)), 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - highest)
	}
	return highest + math.Log(sum)
}
