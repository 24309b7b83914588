package engine

// How prompts and steps of sampling become batches of columns for forward.

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// mostLogits bounds the columns of one batch whose logits are wanted: a column takes
	// four bytes for each token of the vocabulary.
	mostLogits = 32
	// A prompt is run in pieces. The larger a piece, the better the weights are used; but
	// the context is looked at twice a block, so half a block should take a quarter of
	// the 100 ms after which a cancel has taken effect.
	smallestChunk, largestChunk = 8, 256
	halfBlock                   = 25 * time.Millisecond
)

// extend appends tokens to s; see Sequence.ExtendAll. The caller has the turn.
func (m *Model) extend(ctx context.Context, s *Sequence, tokens []int, from int, each func(i int, logits []float32)) error {
	if err := m.checkTokens(s, tokens); err != nil {
		return err
	}
	vocabulary := m.config.vocabulary
	for at := 0; at < len(tokens); {
		n := min(len(tokens)-at, m.chunk, max(0, from-at)+mostLogits)
		start := time.Now()
		s.reserve(n)
		batch := make([]column, n)
		for i := range batch {
			batch[i] = column{sequence: s, position: len(s.tokens) + i, token: tokens[at+i], logits: at+i >= from}
		}
		logits, err := m.forward(ctx, batch)
		if err != nil {
			return err
		}
		s.tokens = append(s.tokens, tokens[at:at+n]...)
		m.adapt(n, time.Since(start))
		for i := max(at, from); i < at+n; i++ {
			each(i, logits[:vocabulary])
			logits = logits[vocabulary:]
		}
		at += n
	}
	return nil
}

// adapt chooses the next piece's size by how long a piece of n columns took. Results do
// not depend on it.
func (m *Model) adapt(n int, took time.Duration) {
	if n < m.chunk {
		return // the prompt's rest tells little
	}
	half := took / time.Duration(2*m.config.layers)
	switch {
	case half > halfBlock:
		m.chunk = max(smallestChunk, m.chunk/2)
	case half < halfBlock/2:
		m.chunk = min(largestChunk, m.chunk*2)
	}
}

// step appends tokens[i] to sequences[i] and returns the logits, [n][vocabulary], valid
// until the next run. The caller has the turn.
func (m *Model) step(ctx context.Context, sequences []*Sequence, tokens []int) ([]float32, error) {
	batch := make([]column, len(tokens))
	for i, s := range sequences {
		if err := m.checkTokens(s, tokens[i:i+1]); err != nil {
			return nil, err
		}
		s.reserve(1)
		batch[i] = column{sequence: s, position: len(s.tokens), token: tokens[i], logits: true}
	}
	logits, err := m.forward(ctx, batch)
	if err != nil {
		return nil, err
	}
	for i, s := range sequences {
		s.tokens = append(s.tokens, tokens[i])
	}
	return logits, nil
}

// checkTokens refuses what would not fit.
func (m *Model) checkTokens(s *Sequence, tokens []int) error {
	if s.model != m {
		return errors.New("the sequence belongs to another model")
	}
	if n := len(s.tokens) + len(tokens); n > m.config.context {
		return fmt.Errorf("%d tokens are more than the context of %d holds; shorten the text or open the model with a longer context", n, m.config.context)
	}
	for _, t := range tokens {
		if t < 0 || t >= m.config.vocabulary {
			return fmt.Errorf("token %d does not exist: the vocabulary has %d", t, m.config.vocabulary)
		}
	}
	return nil
}
