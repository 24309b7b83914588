package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"greenfill/engine/kernel"
	"greenfill/engine/memory"
	"greenfill/engine/tokenizer"
)

// The defaults of a Request.
const (
	defaultBatch     = 16
	defaultMaxTokens = 512
)

// A branch is a history and the token with which it goes on. The samples of a job form a
// tree: those that have drawn the same tokens so far are one branch, so that what they
// share is computed once.
type branch struct {
	history *Sequence // never extended: each branch that runs forks it
	next    choice
	stream  tokenizer.Stream
	text    string  // of the tokens sampled so far
	tokens  int     // sampled so far
	logProb float64 // of those, at temperature 1
	reason  StopReason

	again bool     // next has run before and is in the text: only what follows is wanted
	rank  float64  // of the open branches the lowest runs first
	draws []*draw  // independent samples: those that share the branch, by index
	node  distinct // samples without replacement
}

// A drawer holds the open branches: it decides which follow a computed one, which run
// next, and when an ended one is a sample.
type drawer interface {
	// branchOut opens what follows b, whose history now holds its next token too.
	branchOut(b *branch, d *distribution)
	// next takes the open branch that is to join a batch of that many, or nil.
	next(batch int) *branch
	// ended takes a branch that has come to its end.
	ended(b *branch)
	// samples returns those that have become certain while batch goes on.
	samples(batch []*branch) []Sample
	// shared returns how many samples b stands for.
	shared(b *branch) int
}

// open are the branches that may run, as a heap: the lowest rank first.
type open []*branch

func (o open) Len() int           { return len(o) }
func (o open) Less(i, j int) bool { return o[i].rank < o[j].rank }
func (o open) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *open) Push(b any)        { *o = append(*o, b.(*branch)) }

func (o *open) Pop() any {
	last := len(*o) - 1
	b := (*o)[last]
	(*o)[last] = nil
	*o = (*o)[:last]
	return b
}

// Sample draws continuations of one prompt as one batch and calls yield with each as it
// ends, until all have, or yield returns false. Requests to one model take turns. The
// work, yield and the request's own functions included, runs on threads of low priority.
//
// The prompt's KV cache stays for the next request, which runs only what differs. Each
// sample depends on the prompt, the Sampling and its index alone.
func (m *Model) Sample(ctx context.Context, req Request, yield func(Sample) bool) (Stats, error) {
	prompt := m.tokenizer.Encode(req.Prompt, true)
	if bos := m.tokenizer.BOS(); m.tokenizer.AddBOS() && bos != tokenizer.None && (len(prompt) == 0 || prompt[0] != bos) {
		prompt = append([]int{bos}, prompt...)
	}
	stats := Stats{PromptTokens: len(prompt)}
	if err := req.complete(); err != nil {
		return stats, err
	}
	if len(prompt) == 0 {
		return stats, errors.New("the prompt is empty")
	}
	if err := m.acquire(ctx); err != nil {
		return stats, err
	}
	defer m.release()
	err := m.checkCache(len(prompt), &req)
	if err != nil {
		return stats, err
	}
	kernel.Background(func() { err = m.sample(ctx, prompt, &req, yield, &stats) })
	return stats, err
}

// sample is Sample once the caller has the turn.
func (m *Model) sample(ctx context.Context, prompt []int, req *Request, yield func(Sample) bool, stats *Stats) error {
	d := decoder{model: m, request: req, yield: yield, stats: stats}
	if req.Sampling.Distinct {
		d.drawer = newUniqueDrawer(req)
	} else {
		d.drawer = &independentDrawer{columns: req.Batch}
	}
	start := time.Now()
	root, logits, err := m.runPrompt(ctx, prompt, stats)
	stats.Prefill = time.Since(start)
	if err != nil {
		return err
	}
	if req.Started != nil {
		req.Started(len(prompt))
	}
	start = time.Now()
	err = d.run(ctx, root, logits)
	stats.Decode = time.Since(start)
	return err
}

// complete fills in the defaults and refuses what makes no sense.
func (r *Request) complete() error {
	if r.Batch == 0 {
		r.Batch = defaultBatch
	}
	if r.MaxTokens == 0 {
		r.MaxTokens = defaultMaxTokens
	}
	s := r.Sampling
	switch {
	case r.Samples < 0 || r.Batch < 0 || r.MaxTokens < 0 || s.TopK < 0:
		return errors.New("samples, batch, max tokens and top-k may not be negative")
	case !(s.Temperature >= 0 && s.Temperature <= 100):
		return fmt.Errorf("a temperature of %g makes no sense; choose one from 0 to 2", s.Temperature)
	case !(s.TopP >= 0 && s.TopP <= 1 && s.MinP >= 0 && s.MinP <= 1):
		return fmt.Errorf("top-p %g and min-p %g must be from 0 to 1", s.TopP, s.MinP)
	}
	return nil
}

// checkCache refuses a job whose KV cache would not fit into the free memory.
func (m *Model) checkCache(prompt int, req *Request) error {
	samples := min(req.Batch, req.Samples) * min(req.MaxTokens, max(0, m.config.context-prompt))
	need := int64(prompt+samples) * m.config.cacheBytes()
	if available, err := memory.Read(); err == nil && need > available.Free {
		return fmt.Errorf("%w: the samples may need %.1f GB and %.1f GB are free; ask for a smaller batch, fewer tokens or a smaller model",
			ErrMemory, float64(need)/1e9, float64(available.Free)/1e9)
	}
	return nil
}

// runPrompt returns the prompt as a sequence, with the logits of what follows it. Only
// what differs from the last request's prompt is run. When the context ends, what was
// done stays for the next request.
func (m *Model) runPrompt(ctx context.Context, prompt []int, stats *Stats) (*Sequence, []float32, error) {
	if m.prompt == nil {
		m.prompt = m.NewSequence()
	}
	s := m.prompt
	same := 0
	for same < min(len(s.tokens), len(prompt)-1) && s.tokens[same] == prompt[same] {
		same++ // the last token is always run, for its logits
	}
	s.Truncate(same)
	stats.CachedTokens = same
	var last []float32
	rest := prompt[same:]
	err := m.extend(ctx, s, rest, len(rest)-1, func(_ int, logits []float32) { last = logits })
	return s, last, err
}

// A decoder is one job after its prompt.
type decoder struct {
	model   *Model
	request *Request
	drawer  drawer
	yield   func(Sample) bool
	stats   *Stats

	// Buffers, [columns] each.
	highest, sums, sumsT, floors []float32
	candidates                   [][]kernel.Candidate
}

// run draws until nothing is open or yield has had enough. Branches join the batch as
// others end, so that it stays full.
func (d *decoder) run(ctx context.Context, root *Sequence, logits []float32) error {
	if d.request.Samples == 0 {
		return nil
	}
	batch := []*branch{{
		history: root, next: choice{token: root.tokens[root.Len()-1]},
		stream: *d.model.tokenizer.NewStream(), draws: newDraws(d.request),
	}}
	for {
		d.branchOut(batch, logits)
		batch = d.nextBatch()
		for _, s := range d.drawer.samples(batch) {
			if !d.yield(s) {
				return nil
			}
		}
		if len(batch) == 0 {
			return nil
		}
		sequences, tokens := make([]*Sequence, len(batch)), make([]int, len(batch))
		for i, b := range batch {
			b.history = b.history.Fork()
			sequences[i], tokens[i] = b.history, b.next.token
		}
		var err error
		if logits, err = d.model.step(ctx, sequences, tokens); err != nil {
			return err
		}
		d.stats.Computed += len(batch)
	}
}

// nextBatch takes open branches until the batch is full. Those that end with their next
// token need not run.
func (d *decoder) nextBatch() []*branch {
	var batch []*branch
	for b := d.drawer.next(len(batch)); b != nil; b = d.drawer.next(len(batch)) {
		if b.again {
			batch = append(batch, b)
			continue
		}
		d.stats.Tokens += d.drawer.shared(b)
		if d.append(b) {
			d.drawer.ended(b)
		} else {
			batch = append(batch, b)
		}
	}
	return batch
}

// append adds the branch's next token to its text and reports whether it ends there.
func (d *decoder) append(b *branch) bool {
	b.tokens++
	if d.model.tokenizer.IsEnd(b.next.token) {
		b.reason = StopEnd
		return true
	}
	if more := b.stream.Add(b.next.token); more != "" {
		b.text += more
		if d.request.Stop != nil {
			if keep, stop := d.request.Stop(b.text); stop {
				b.text, b.reason = b.text[:min(max(keep, 0), len(b.text))], StopCaller
				return true
			}
		}
	}
	if b.tokens >= d.request.MaxTokens || b.history.Len() >= d.model.config.context {
		b.reason = StopLength
		return true
	}
	return false
}

// branchOut opens what follows each branch of the batch. logits is [batch][vocabulary].
func (d *decoder) branchOut(batch []*branch, logits []float32) {
	for i, next := range d.distributions(logits, len(batch)) {
		d.drawer.branchOut(batch[i], next)
	}
}

// distributions prepares draws from each of n vectors of logits, [n][vocabulary]. They
// are valid until the next run.
func (d *decoder) distributions(logits []float32, n int) []*distribution {
	p, sampling := d.model.pool, d.request.Sampling
	d.highest, d.floors = resize(d.highest, n), resize(d.floors, n)
	d.sums, d.sumsT = resize(d.sums, n), resize(d.sumsT, n)
	for len(d.candidates) < n {
		d.candidates = append(d.candidates, nil)
	}
	p.LogSumExp(logits, n, 1, d.highest, d.sums)
	if sampling.Temperature > 0 && sampling.Temperature != 1 {
		p.LogSumExp(logits, n, float32(1/sampling.Temperature), d.highest, d.sumsT)
	} else {
		copy(d.sumsT, d.sums)
	}
	for i, h := range d.highest {
		d.floors[i] = sampling.floor(h, 0)
	}
	d.candidates = p.Candidates(logits, n, d.floors, d.candidates)
	list := make([]*distribution, n)
	width := len(logits) / n
	for i := range list {
		list[i] = newDistribution(sampling, logits[i*width:][:width], d.candidates[i], d.highest[i], d.sums[i], d.sumsT[i])
	}
	return list
}

// follow returns the branch that goes on from b with c.
func (b *branch) follow(c choice, d *distribution) *branch {
	return &branch{
		history: b.history, next: c, stream: b.stream, text: b.text, tokens: b.tokens,
		logProb: b.logProb + d.logProb(c), rank: b.rank,
	}
}

// repeat returns the branch that runs b's last token, which has just run, once more.
func (b *branch) repeat() *branch {
	again := *b
	again.again = true
	again.history = b.history.Fork()
	again.history.Truncate(b.history.Len() - 1)
	return &again
}

// sample returns the ended branch as the sample of that index.
func (b *branch) sample(index int) Sample {
	return Sample{Index: index, Text: b.text, LogProb: b.logProb, Tokens: b.tokens, Reason: b.reason}
}
