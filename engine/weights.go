package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"greenfill/engine/gguf"
	"greenfill/engine/kernel"
)

// weights are what never changes: the parameters, packed for the kernels.
type weights struct {
	embedding  *gguf.Tensor // [vocabulary][width]; rows are read from the mapped file
	blocks     []block
	outputNorm []float32      // [width]
	output     *kernel.Matrix // [vocabulary][width]
}

// A block is the weights of one transformer block.
type block struct {
	attentionNorm      []float32      // [width]
	query              *kernel.Matrix // [heads*headDim][width]
	key, value         *kernel.Matrix // [kvHeads*headDim][width]
	queryBias          []float32      // [heads*headDim], or nil
	keyBias, valueBias []float32      // [kvHeads*headDim], or nil
	attentionOutput    *kernel.Matrix // [width][heads*headDim]
	feedForwardNorm    []float32      // [width]
	gate, up           *kernel.Matrix // [hidden][width]
	down               *kernel.Matrix // [width][hidden]
}

// A loader collects what is to be packed, so that all shapes are checked before any
// memory is taken.
type loader struct {
	file  *gguf.File
	tasks []packing
	seen  map[string]bool
	err   error // the first
}

// A packing is one tensor and where it goes.
type packing struct {
	tensor     *gguf.Tensor
	rows, cols int
	matrix     **kernel.Matrix // or
	vector     *[]float32
}

// planWeights checks that f holds exactly the tensors of c, and returns the weights with
// the work that fills them.
func planWeights(f *gguf.File, c *config) (*weights, []packing, error) {
	l := loader{file: f, seen: map[string]bool{}}
	w := &weights{blocks: make([]block, c.layers)}
	queries, keys := c.heads*c.headDim, c.kvHeads*c.headDim
	w.embedding = l.tensor("token_embd.weight", c.width, c.vocabulary)
	l.vector(&w.outputNorm, "output_norm.weight", c.width)
	if _, err := f.Tensor("output.weight"); err == nil {
		l.matrix(&w.output, "output.weight", c.vocabulary, c.width)
	} else { // tied: the embedding serves in both places
		l.matrix(&w.output, "token_embd.weight", c.vocabulary, c.width)
	}
	for i := range w.blocks {
		b, name := &w.blocks[i], fmt.Sprintf("blk.%d.", i)
		l.vector(&b.attentionNorm, name+"attn_norm.weight", c.width)
		l.matrix(&b.query, name+"attn_q.weight", queries, c.width)
		l.matrix(&b.key, name+"attn_k.weight", keys, c.width)
		l.matrix(&b.value, name+"attn_v.weight", keys, c.width)
		if c.architecture == "qwen2" {
			l.vector(&b.queryBias, name+"attn_q.bias", queries)
			l.vector(&b.keyBias, name+"attn_k.bias", keys)
			l.vector(&b.valueBias, name+"attn_v.bias", keys)
		}
		l.matrix(&b.attentionOutput, name+"attn_output.weight", c.width, queries)
		l.vector(&b.feedForwardNorm, name+"ffn_norm.weight", c.width)
		l.matrix(&b.gate, name+"ffn_gate.weight", c.hidden, c.width)
		l.matrix(&b.up, name+"ffn_up.weight", c.hidden, c.width)
		l.matrix(&b.down, name+"ffn_down.weight", c.width, c.hidden)
	}
	for _, t := range f.Tensors() {
		// A tensor that no formula reads would make the answers silently wrong.
		if l.err == nil && !l.seen[t.Name] {
			l.err = fmt.Errorf("tensor %q has no place in architecture %q; choose another file of this model", t.Name, c.architecture)
		}
	}
	return w, l.tasks, l.err
}

// tensor finds a tensor and checks its shape.
func (l *loader) tensor(name string, shape ...int) *gguf.Tensor {
	t, err := l.file.Tensor(name)
	if err == nil && !slices.Equal(t.Shape, shape) {
		err = fmt.Errorf("damaged: tensor %q has shape %v, but the metadata asks for %v", name, t.Shape, shape)
	}
	if err == nil {
		if _, unknown := kernel.RowBytes(kernel.Type(t.Type), shape[0]); unknown != nil {
			err = fmt.Errorf("tensor %q: %s is not supported; choose a file quantised as Q4_K_M, Q8_0 or another of the usual kinds", name, t.Type)
		}
	}
	if err != nil && l.err == nil {
		l.err = err
	}
	l.seen[name] = true
	return t
}

func (l *loader) matrix(to **kernel.Matrix, name string, rows, cols int) {
	t := l.tensor(name, cols, rows)
	l.tasks = append(l.tasks, packing{tensor: t, rows: rows, cols: cols, matrix: to})
}

func (l *loader) vector(to *[]float32, name string, width int) {
	t := l.tensor(name, width)
	l.tasks = append(l.tasks, packing{tensor: t, rows: 1, cols: width, vector: to})
}

// run does one packing. The pages of the file that it has read are given back: the
// packed copy replaces them.
func (p packing) run() (err error) {
	if p.vector != nil {
		*p.vector = make([]float32, p.cols)
		err = kernel.Dequantize(kernel.Type(p.tensor.Type), p.tensor.Data, *p.vector)
	} else {
		*p.matrix, err = kernel.Pack(kernel.Type(p.tensor.Type), p.rows, p.cols, p.tensor.Data)
	}
	if err != nil {
		return fmt.Errorf("tensor %q: %w", p.tensor.Name, err)
	}
	dropPages(p.tensor)
	return nil
}

// packAll does the packings on the given number of threads and reports the share done.
func packAll(ctx context.Context, tasks []packing, threads int, progress func(float64)) error {
	tasks = slices.Clone(tasks)
	// The largest first, so that the threads end together.
	slices.SortStableFunc(tasks, func(a, b packing) int { return cmp.Compare(len(b.tensor.Data), len(a.tensor.Data)) })
	total, done := 0, 0
	for _, t := range tasks {
		total += len(t.tensor.Data)
	}
	var (
		next   atomic.Int64
		mu     sync.Mutex // guards done, failed and the calls of progress
		failed error
		group  sync.WaitGroup
	)
	for range threads {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(tasks) {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = tasks[i].run()
				}
				mu.Lock()
				done += len(tasks[i].tensor.Data)
				if failed == nil {
					failed = err
				}
				if progress != nil {
					progress(float64(done) / float64(total))
				}
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	group.Wait()
	return failed
}

// matrices are all packed weights; nil where loading did not come to one.
func (w *weights) matrices() []*kernel.Matrix {
	all := []*kernel.Matrix{w.output}
	for _, b := range w.blocks {
		all = append(all, b.query, b.key, b.value, b.attentionOutput, b.gate, b.up, b.down)
	}
	return all
}

// free gives the packed weights back.
func (w *weights) free() {
	for _, m := range w.matrices() {
		if m != nil {
			m.Free()
		}
	}
}
