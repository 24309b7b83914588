package engine

// The forward pass of a decoder-only transformer, top to bottom. Words and formulas:
// Vaswani et al. 2017 (attention), Zhang and Sennrich 2019 (RMSNorm), Su et al. 2021
// (rotary embedding), Shazeer 2020 (SwiGLU), Ainslie et al. 2023 (grouped queries).
//
// A batch is n columns. Each is one position of one sequence; several columns may be
// neighbours of one sequence (a prompt) or the heads of many (samples). Every step works
// on all columns at once, and no column's result depends on the others.

import (
	"context"

	"greenfill/engine/kernel"
)

// A column is one position to be computed.
type column struct {
	sequence *Sequence // its pages have room for position
	position int
	token    int
	logits   bool // what follows is wanted
}

// runState is what a run changes. Each buffer is [n] vectors.
type runState struct {
	x         []float32      // [n][width]: the residual stream
	norm      []float32      // [n][width]: normalised, or what is to be added to x
	query     []float32      // [n][heads][headDim]
	key       []float32      // [n][kvHeads][headDim]
	value     []float32      // [n][kvHeads][headDim]
	attention []float32      // [n][heads][headDim]
	gate      []float32      // [n][hidden]
	up        []float32      // [n][hidden]
	logits    []float32      // [columns that want them][vocabulary]
	positions []int          // [n]
	places    []kernel.Place // [n]
	views     [][]kernel.View
}

// forward runs a batch and returns the logits, [columns that want them][vocabulary], of
// what follows. They are valid until the next call. The caller holds the model, and has
// reserved the columns' positions and put those of one sequence in order.
func (m *Model) forward(ctx context.Context, batch []column) ([]float32, error) {
	c, w, p, s := &m.config, m.weights, m.pool, &m.state
	n := len(batch)
	s.grow(n, c)
	m.hold(batch)
	defer p.Release()

	// Token embedding.
	m.embed(batch)

	for l := range w.blocks {
		b := &w.blocks[l]
		if err := ctx.Err(); err != nil {
			return nil, err
		}

		// Attention: queries, keys and values of the normalised stream.
		p.RMSNorm(s.norm, s.x, b.attentionNorm, n, c.epsilon)
		p.Linear(s.norm, n,
			kernel.Product{M: b.query, Out: s.query, Bias: b.queryBias},
			kernel.Product{M: b.key, Out: s.key, Bias: b.keyBias},
			kernel.Product{M: b.value, Out: s.value, Bias: b.valueBias})

		// Rotary position embedding turns queries and keys by their positions.
		p.RoPE(s.query, n, c.heads, c.headDim, s.positions, m.rope, c.ropeStyle)
		p.RoPE(s.key, n, c.kvHeads, c.headDim, s.positions, m.rope, c.ropeStyle)

		// Keys and values join the cache.
		m.store(l, batch)

		// Above the last block only the columns whose logits are wanted matter.
		if l == len(w.blocks)-1 {
			batch = s.keepWanted(batch, c)
			if n = len(batch); n == 0 {
				return nil, nil
			}
		}

		// Each query head looks at all positions up to its own; heads share the
		// keys and values of their group.
		p.Attention(s.attention, s.query, n, c.heads, c.kvHeads, c.headDim, s.see(l, batch))
		p.Linear(s.attention, n, kernel.Product{M: b.attentionOutput, Out: s.norm})
		p.Add(s.x, s.norm)

		if err := ctx.Err(); err != nil {
			return nil, err
		}

		// Feed-forward: SwiGLU, down(silu(gate(x)) * up(x)).
		p.RMSNorm(s.norm, s.x, b.feedForwardNorm, n, c.epsilon)
		p.Linear(s.norm, n,
			kernel.Product{M: b.gate, Out: s.gate},
			kernel.Product{M: b.up, Out: s.up})
		p.SwiGLU(s.gate, s.up)
		p.Linear(s.gate, n, kernel.Product{M: b.down, Out: s.norm})
		p.Add(s.x, s.norm)
	}

	// The output head.
	p.RMSNorm(s.x, s.x, w.outputNorm, n, c.epsilon)
	s.logits = resize(s.logits, n*c.vocabulary)
	p.Linear(s.x, n, kernel.Product{M: w.output, Out: s.logits})
	return s.logits, nil
}

// embed sets the residual stream to the tokens' rows of the embedding.
func (m *Model) embed(batch []column) {
	table, width := m.weights.embedding, m.config.width
	size := len(table.Data) / m.config.vocabulary
	for i, col := range batch {
		m.state.positions[i] = col.position
		row := table.Data[col.token*size:][:size]
		if err := kernel.Dequantize(kernel.Type(table.Type), row, m.state.x[i*width:][:width]); err != nil {
			panic(err) // planWeights has checked the type
		}
	}
}

// store writes the keys and values of block l into the pages of the columns' sequences.
func (m *Model) store(l int, batch []column) {
	c, s := &m.config, &m.state
	s.places = s.places[:0]
	for _, col := range batch {
		segment := &col.sequence.pages[col.position/pageSize].segments[l]
		s.places = append(s.places, kernel.Place{Segment: segment, Pos: col.position % pageSize})
	}
	m.pool.Store(s.places, s.key, s.value, c.kvHeads, c.headDim)
}

// hold holds the pages that the columns see.
func (m *Model) hold(batch []column) {
	var before []*page // of the column before, mostly the same
	for _, col := range batch {
		pages := col.sequence.pages[:col.position/pageSize+1]
		for i, page := range pages {
			if i >= len(before) || before[i] != page {
				m.pool.Hold(&page.segments[0])
			}
		}
		before = pages
	}
}

// see returns what each column sees of block l's cache: all pages before its own, and
// its own up to itself.
func (s *runState) see(l int, batch []column) [][]kernel.View {
	for i, col := range batch {
		views := s.views[i][:0]
		last := col.position / pageSize
		for _, page := range col.sequence.pages[:last] {
			views = append(views, kernel.View{Segment: &page.segments[l], Len: pageSize})
		}
		own := &col.sequence.pages[last].segments[l]
		s.views[i] = append(views, kernel.View{Segment: own, Len: col.position%pageSize + 1})
	}
	return s.views[:len(batch)]
}

// keepWanted moves the columns that want logits to the front of x and query, cuts the
// buffers to them and returns them.
func (s *runState) keepWanted(batch []column, c *config) []column {
	kept := batch[:0:0]
	queries := c.heads * c.headDim
	for i, col := range batch {
		if col.logits {
			k := len(kept)
			copy(s.x[k*c.width:][:c.width], s.x[i*c.width:][:c.width])
			copy(s.query[k*queries:][:queries], s.query[i*queries:][:queries])
			kept = append(kept, col)
		}
	}
	s.grow(len(kept), c)
	return kept
}

// forget drops what the buffers hold of sequences, so that their memory can go.
func (s *runState) forget() {
	clear(s.places[:cap(s.places)])
	for _, views := range s.views {
		clear(views[:cap(views)])
	}
}

// grow cuts the buffers to n columns.
func (s *runState) grow(n int, c *config) {
	s.x = resize(s.x, n*c.width)
	s.norm = resize(s.norm, n*c.width)
	s.query = resize(s.query, n*c.heads*c.headDim)
	s.key = resize(s.key, n*c.kvHeads*c.headDim)
	s.value = resize(s.value, n*c.kvHeads*c.headDim)
	s.attention = resize(s.attention, n*c.heads*c.headDim)
	s.gate = resize(s.gate, n*c.hidden)
	s.up = resize(s.up, n*c.hidden)
	s.positions = resize(s.positions, n)
	for len(s.views) < n {
		s.views = append(s.views, nil)
	}
}

// resize returns a slice of length n, with the memory of old if that is large enough.
func resize[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	return old[:n]
}
