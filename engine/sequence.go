package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"greenfill/engine/kernel"
)

// pageSize is how many positions a page of the KV cache holds. Every sequence is cut at
// the same positions, so that attention adds in the same order whoever shares the pages.
const pageSize = 64

// A page holds the keys and values of up to pageSize neighbouring positions, for every
// block. What has been written is never changed, so any number of sequences share it.
type page struct {
	segments []kernel.Segment // by block
	used     int              // positions written or being written; only Model.forward's caller changes it
}

// A Sequence is a history of tokens with its KV cache. [Sequence.Fork] shares the
// history; each fork then goes its own way. A Sequence serves one goroutine at a time;
// its forks are independent of it.
type Sequence struct {
	model  *Model
	tokens []int
	pages  []*page // position i lies in pages[i/pageSize]
}

// NewSequence returns an empty sequence.
func (m *Model) NewSequence() *Sequence { return &Sequence{model: m} }

// Len returns the number of tokens in the sequence.
func (s *Sequence) Len() int { return len(s.tokens) }

// Tokens returns a copy of the sequence's tokens.
func (s *Sequence) Tokens() []int { return slices.Clone(s.tokens) }

// Fork returns a sequence with the same history. It costs nothing until one of the two
// goes on.
func (s *Sequence) Fork() *Sequence {
	return &Sequence{model: s.model, tokens: slices.Clone(s.tokens), pages: slices.Clone(s.pages)}
}

// Truncate forgets all but the first n tokens.
func (s *Sequence) Truncate(n int) {
	n = min(n, len(s.tokens))
	s.tokens = s.tokens[:n]
	s.pages = s.pages[:(n+pageSize-1)/pageSize]
}

// Extend appends tokens, at least one, and returns the logits, [vocabulary], of what
// follows the last.
func (s *Sequence) Extend(ctx context.Context, tokens []int) ([]float32, error) {
	if len(tokens) == 0 {
		return nil, errors.New("extending a sequence by no tokens")
	}
	var last []float32
	err := s.ExtendAll(ctx, tokens, len(tokens)-1, func(_ int, logits []float32) { last = slices.Clone(logits) })
	return last, err
}

// ExtendAll appends tokens and calls each with the logits of what follows tokens[i], for
// every i from from on. The logits are valid during the call only. On an error the
// sequence keeps what was appended before it.
func (s *Sequence) ExtendAll(ctx context.Context, tokens []int, from int, each func(i int, logits []float32)) error {
	m := s.model
	if err := m.acquire(ctx); err != nil {
		return err
	}
	defer m.release()
	return m.extend(ctx, s, tokens, from, each)
}

// Step appends tokens[i] to sequences[i], all as one batch, and returns the logits of
// what follows each. The sequences must differ. It is what sampling does once per token.
func (m *Model) Step(ctx context.Context, sequences []*Sequence, tokens []int) ([][]float32, error) {
	if len(sequences) != len(tokens) {
		return nil, fmt.Errorf("step: %d sequences but %d tokens", len(sequences), len(tokens))
	}
	for i, s := range sequences {
		if slices.Contains(sequences[:i], s) {
			return nil, fmt.Errorf("step: sequence %d stands there twice", i)
		}
	}
	if err := m.acquire(ctx); err != nil {
		return nil, err
	}
	defer m.release()
	logits, err := m.step(ctx, sequences, tokens)
	if err != nil {
		return nil, err
	}
	rows := make([][]float32, len(tokens))
	for i := range rows {
		rows[i] = slices.Clone(logits[i*m.config.vocabulary:][:m.config.vocabulary])
	}
	return rows, nil
}

// reserve makes room for n more positions. A page that another sequence has gone on
// writing is copied up to where this one stands.
func (s *Sequence) reserve(n int) {
	for at, end := len(s.tokens), len(s.tokens)+n; at < end; {
		i, slot := at/pageSize, at%pageSize
		if i == len(s.pages) {
			s.pages = append(s.pages, s.model.newPage())
		} else if s.pages[i].used != slot {
			s.pages[i] = s.model.copyPage(s.pages[i], slot)
		}
		next := min(end, (i+1)*pageSize)
		s.pages[i].used = slot + next - at
		at = next
	}
}

func (m *Model) newPage() *page {
	c := &m.config
	return &page{segments: kernel.NewSegments(c.layers, c.kvHeads, pageSize, c.headDim)}
}

// copyPage returns a page with the first n positions of old.
func (m *Model) copyPage(old *page, n int) *page {
	c := &m.config
	fresh := m.newPage()
	fresh.used = n
	for l, from := range old.segments {
		fresh.segments[l].CopyFrom(from, n, c.kvHeads, c.headDim)
	}
	return fresh
}
