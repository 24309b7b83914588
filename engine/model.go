package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"greenfill/engine/gguf"
	"greenfill/engine/kernel"
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
	}
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
	if free, known := availableMemory(); known && need > free {
		return fmt.Errorf("%w: the model needs about %.1f GB and %.1f GB are free; close other programs or choose a smaller model",
			ErrMemory, float64(need)/1e9, float64(free)/1e9)
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
