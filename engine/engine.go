// Package engine is a decoder-only transformer for CPUs: it loads GGUF files and
// draws many continuations of one prompt as one batch.
//
// Call [Open] first, then [Model.Sample]. Below it stand [Model.NewSequence],
// [Sequence.Extend], [Sequence.Fork] and [Model.Step] for those who need logits.
//
// # Words
//
// A batch is the columns of one forward pass; a column is one position of one sequence.
// The KV cache of a sequence is a list of pages, which sequences that begin alike share.
// A branch is a sequence and the token with which it goes on; samples that have drawn
// the same tokens so far are one branch.
//
// # Promises
//
// The same model, prompt, seed and index give the same sample on one machine and
// build, whatever the batch size, the number of threads or the neighbours.
// A context that ends stops the work within 100 ms, prefill included.
package engine

import "time"

// Options say how a model is loaded. The zero value is the sensible default.
type Options struct {
	Threads int // worker threads; 0 means one per core
	Context int // longest sequence in tokens; 0 means the smaller of the model's own and 8192
	// Progress, if set, is told the share of the weights made ready, 0 to 1.
	Progress func(float64)
}

// Sampling says how the next token is drawn from the logits.
type Sampling struct {
	Temperature float64 // 0 means greedy
	TopK        int     // keep the K likeliest; 0 means all
	TopP        float64 // nucleus: keep the smallest set with this mass; 0 or 1 means all
	MinP        float64 // drop tokens below this share of the likeliest; 0 means none
	Seed        uint64
	// Distinct draws without replacement: no text comes twice, and a text that was drawn
	// leaves its probability to the others. Samples come in the order of the draw. Fewer
	// than asked for come if there are no more. Without it each sample is independent,
	// which is what pass@k measures.
	Distinct bool
}

// A Request asks for continuations of one prompt.
type Request struct {
	// Prompt is text; the names of special tokens in it ("<|im_start|>") become those tokens.
	Prompt    string
	Samples   int // how many continuations
	Batch     int // how many are stepped together; 0 means 16
	MaxTokens int // per sample; 0 means 512
	Sampling  Sampling
	// Stop looks at a sample's text each time it has grown. It returns the length to
	// keep and true to end the sample there. nil means never. Its answer may depend on
	// nothing but the text.
	Stop func(text string) (keep int, stop bool)
	// Started, if set, is told when the prompt has been run and sampling begins.
	Started func(promptTokens int)
}

// A StopReason says why a sample ended.
type StopReason int

const (
	StopCaller StopReason = iota + 1 // Request.Stop said so
	StopEnd                          // the model's end-of-text or end-of-turn token
	StopLength                       // MaxTokens, or the context is full
)

// A Sample is one continuation.
type Sample struct {
	Index   int // from 0; with the seed it determines the text
	Text    string
	LogProb float64 // sum of the log-probabilities of its tokens, at temperature 1
	Tokens  int
	Reason  StopReason
}

// Stats say what a request cost.
type Stats struct {
	PromptTokens int
	CachedTokens int // of the prompt, those still in the KV cache from the request before
	Tokens       int // sampled, by finished and abandoned samples together
	Computed     int // of those, columns run: samples that begin alike share them
	Prefill      time.Duration
	Decode       time.Duration
}
