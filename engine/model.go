package engine

import (
	"context"
	"errors"
	"fmt"

	"greenfill/engine/gguf"
	"greenfill/engine/kernel"
	"greenfill/engine/memory"
	"greenfill/engine/tokenizer"
)

// ErrMemory is wrapped by Open's error when the machine has too little free memory; a
// smaller model may fit.
var ErrMemory = errors.New("not enough memory")

// ErrClosed is the error of every use of a Model after Close.
var ErrClosed = errors.New("the model is closed")

// A Model is a loaded transformer. It is safe for many goroutines; they take turns.
type Model struct {
	config    config
	info      Info
	file      *gguf.File
	tokenizer *tokenizer.Tokenizer
	weights   *weights
	rope      *kernel.RopeTable
	pool      *kernel.Pool

	turn chan struct{} // holds a value while somebody runs the model
	// The rest belongs to whoever has the turn.
	closed bool
	state  runState
	prompt *Sequence // of the last Sample: its KV cache serves the next
	chunk  int       // columns that a prompt is run in
}

// Info describes a loaded model.
type Info struct {
	Name          string // general.name of the file
	Architecture  string // "qwen2" or "llama"
	Parameters    int64
	Context       int    // longest sequence in tokens, as opened
	Vocabulary    int    // tokens
	Blocks        int    // transformer blocks
	Width         int    // of the residual stream
	Weights       int64  // bytes of the packed weights
	Products      int64  // multiplications by weights for one column, the output head included
	HeadProducts  int64  // those of the output head
	CachePerToken int64  // bytes of the KV cache for each position
	Kernel        string // the loops that run: "portable", "avx2", ...
	Threads       int
	// ChatTemplate is the form of the file's chat template: "chatml", "llama3",
	// "other", or "none".
	ChatTemplate string
}

// Open loads the GGUF file at path. It fails, before it takes memory, if the file is
// damaged, of an architecture or tensor type that is not supported, or too large for
// the memory that is free ([ErrMemory]). Close the model after use.
func Open(ctx context.Context, path string, options Options) (*Model, error) {
	file, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	m, err := load(ctx, file, options)
	if err != nil {
		file.Close() // the first error is the one to report
		return nil, fmt.Errorf("loading model %s: %w", path, err)
	}
	return m, nil
}

func load(ctx context.Context, file *gguf.File, options Options) (*Model, error) {
	if err := kernel.Check(); err != nil {
		return nil, err
	}
	c, err := readConfig(file, options.Context)
	if err != nil {
		return nil, err
	}
	w, tasks, err := planWeights(file, &c)
	if err != nil {
		return nil, err
	}
	if err := checkMemory(&c, tasks); err != nil {
		return nil, err
	}

	// The vocabulary is read while the weights are packed.
	pool := kernel.NewPool(options.Threads)
	var vocabulary *tokenizer.Tokenizer
	read := make(chan error, 1)
	go func() {
		var err error
		vocabulary, err = tokenizer.Load(file)
		read <- err
	}()
	err = packAll(ctx, tasks, pool.Threads(), options.Progress)
	err = errors.Join(err, <-read)
	if err == nil && vocabulary.Len() > c.vocabulary {
		err = fmt.Errorf("damaged: %d tokens, but only %d rows in the embedding", vocabulary.Len(), c.vocabulary)
	}
	if err != nil {
		w.free()
		pool.Close()
		return nil, err
	}
	m := &Model{
		config: c, file: file, tokenizer: vocabulary, weights: w, pool: pool,
		rope: kernel.NewRopeTable(c.headDim, c.ropeBase, c.context),
		turn: make(chan struct{}, 1), chunk: 32,
	}
	m.info = m.describe()
	return m, nil
}

// describe fills Info.
func (m *Model) describe() Info {
	c := &m.config
	info := Info{
		Architecture: c.architecture, Context: c.context, Vocabulary: c.vocabulary,
		Blocks: c.layers, Width: c.width, CachePerToken: c.cacheBytes(),
		Kernel: kernel.Name(), Threads: m.pool.Threads(), ChatTemplate: chatTemplate(m.file),
	}
	info.Name, _ = m.file.String("general.name") // a model may have no name
	for _, t := range m.file.Tensors() {
		values := int64(1)
		for _, n := range t.Shape {
			values *= int64(n)
		}
		info.Parameters += values
	}
	for _, matrix := range m.weights.matrices() {
		info.Weights += int64(matrix.Bytes())
		info.Products += int64(matrix.Rows()) * int64(matrix.Cols())
	}
	info.HeadProducts = int64(m.weights.output.Rows()) * int64(m.weights.output.Cols())
	return info
}

// cacheBytes is the size of one position in the KV cache: two binary16 vectors a block.
func (c *config) cacheBytes() int64 { return int64(c.layers) * 2 * 2 * int64(c.kvHeads*c.headDim) }

// checkMemory refuses a model for which too little memory is free.
func checkMemory(c *config, tasks []packing) error {
	var weights int64
	for _, t := range tasks {
		weights += int64(len(t.tensor.Data))
	}
	// Packing adds up to a tenth; a prompt, its samples and the buffers come on top.
	need := weights + weights/10 + min(int64(c.context), 2048)*c.cacheBytes() + 64<<20
	if m, err := memory.Read(); err == nil && need > m.Free {
		return fmt.Errorf("%w: the model needs about %.1f GB and %.1f GB are free; close other programs or choose a smaller model",
			ErrMemory, float64(need)/1e9, float64(m.Free)/1e9)
	}
	return nil
}

// Info describes the model.
func (m *Model) Info() Info { return m.info }

// Tokenizer turns text into the model's tokens and back.
func (m *Model) Tokenizer() *tokenizer.Tokenizer { return m.tokenizer }

// Close waits for whoever runs the model and frees it. Later uses fail with ErrClosed.
func (m *Model) Close() error {
	m.turn <- struct{}{}
	defer m.release()
	if m.closed {
		return nil
	}
	m.closed = true
	m.prompt, m.state = nil, runState{}
	m.pool.Close()
	m.weights.free()
	return m.file.Close()
}

// acquire waits for the turn to run the model.
func (m *Model) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if m.closed {
		<-m.turn
		return ErrClosed
	}
	return nil
}

// release ends the turn that acquire began.
func (m *Model) release() {
	m.state.forget()
	<-m.turn
}
