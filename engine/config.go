package engine

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"greenfill/engine/gguf"
	"greenfill/engine/kernel"
)

// defaultContext bounds the longest sequence where Options.Context does not.
const defaultContext = 8192

// config is what a model is: its shape, as the file's metadata gives it.
type config struct {
	architecture string
	layers       int // transformer blocks
	width        int // of the residual stream
	heads        int // of the queries
	kvHeads      int // of the keys and values; heads is a multiple
	headDim      int // values per head
	hidden       int // width of the feed-forward layer
	vocabulary   int // tokens
	context      int // longest sequence
	ropeBase     float64
	ropeStyle    kernel.RopeStyle
	epsilon      float32 // of RMSNorm
}

// ropeStyles are the architectures that forward knows. GGUF files of llama models have
// the rows of their query and key weights reordered so that neighbours rotate together.
var ropeStyles = map[string]kernel.RopeStyle{
	"llama": kernel.RopeNorm,
	"qwen2": kernel.RopeNeoX,
}

// readConfig reads and checks a model's shape. context is Options.Context.
func readConfig(f *gguf.File, context int) (config, error) {
	arch, err := f.String("general.architecture")
	if err != nil {
		return config{}, err
	}
	style, ok := ropeStyles[arch]
	if !ok {
		return config{}, fmt.Errorf("architecture %q is not supported; choose a model of architecture qwen2 or llama", arch)
	}
	if err := refuseVariants(f, arch); err != nil {
		return config{}, err
	}
	r := configReader{file: f, prefix: arch + "."}
	c := config{
		architecture: arch,
		layers:       r.count("block_count"),
		width:        r.count("embedding_length"),
		heads:        r.count("attention.head_count"),
		hidden:       r.count("feed_forward_length"),
		context:      r.count("context_length"),
		ropeBase:     r.float("rope.freq_base", 10000),
		epsilon:      float32(r.float("attention.layer_norm_rms_epsilon", 0)),
		ropeStyle:    style,
	}
	c.kvHeads = r.countOr("attention.head_count_kv", c.heads)
	if r.err == nil {
		c.headDim = r.countOr("attention.key_length", c.width/c.heads)
	}
	if r.err != nil {
		return config{}, r.err
	}
	embedding, err := f.Tensor("token_embd.weight")
	if err != nil {
		return config{}, err
	}
	c.vocabulary = embedding.Shape[len(embedding.Shape)-1]
	if context <= 0 {
		context = defaultContext
	}
	c.context = min(c.context, context)
	return c, c.check(f)
}

// check refuses shapes that contradict themselves.
func (c *config) check(f *gguf.File) error {
	rotated, err := f.Uint(c.architecture + ".rope.dimension_count")
	if err != nil && !errors.Is(err, gguf.ErrAbsent) {
		return err
	}
	switch tensors := len(f.Tensors()); {
	case c.layers > tensors:
		return fmt.Errorf("damaged: it announces %d blocks, but has only %d tensors", c.layers, tensors)
	case c.heads%c.kvHeads != 0:
		return fmt.Errorf("damaged: %d attention heads are not a multiple of %d key-value heads", c.heads, c.kvHeads)
	case c.headDim%2 != 0:
		return fmt.Errorf("damaged: a head of %d values cannot be rotated in pairs", c.headDim)
	case err == nil && rotated != uint64(c.headDim):
		return fmt.Errorf("rotary embedding of %d of a head's %d values is not supported", rotated, c.headDim)
	case !(c.epsilon > 0 && c.epsilon < 1):
		return fmt.Errorf("damaged: %g is no epsilon for a norm", c.epsilon)
	case !(c.ropeBase >= 1 && c.ropeBase <= math.MaxFloat32):
		return fmt.Errorf("damaged: %g is no base for rotary embedding", c.ropeBase)
	}
	return nil
}

// refuseVariants refuses models that share an architecture's name but not its formulas.
func refuseVariants(f *gguf.File, arch string) error {
	if n, err := f.Uint(arch + ".expert_count"); err == nil && n > 0 {
		return errors.New("mixtures of experts are not supported; choose a dense model")
	}
	if kind, err := f.String(arch + ".rope.scaling.type"); err == nil && kind != "none" {
		return fmt.Errorf("rotary embedding scaled by %q is not supported; choose a model without it", kind)
	}
	return nil
}

// configReader reads hyperparameters and keeps the first error.
type configReader struct {
	file   *gguf.File
	prefix string
	err    error
}

// count reads a number that must be there and be from 1 to 2^24.
func (r *configReader) count(key string) int {
	n, err := r.file.Uint(r.prefix + key)
	if err == nil && (n < 1 || n > 1<<24) {
		err = fmt.Errorf("damaged: metadata %q is %d", r.prefix+key, n)
	}
	if err != nil && r.err == nil {
		r.err = err
	}
	return int(n)
}

func (r *configReader) countOr(key string, otherwise int) int {
	if !r.file.Has(r.prefix + key) {
		return otherwise
	}
	return r.count(key)
}

func (r *configReader) float(key string, otherwise float64) float64 {
	if !r.file.Has(r.prefix + key) {
		return otherwise
	}
	x, err := r.file.Float(r.prefix + key)
	if err != nil && r.err == nil {
		r.err = err
	}
	return x
}

// chatTemplate names the form of the file's chat template: "chatml" or "llama3", "none"
// if it has none, "other" if it is neither.
func chatTemplate(f *gguf.File) string {
	text, err := f.String("tokenizer.chat_template")
	switch {
	case err != nil || text == "":
		return "none"
	case strings.Contains(text, "<|im_start|>"):
		return "chatml"
	case strings.Contains(text, "<|start_header_id|>"):
		return "llama3"
	}
	return "other"
}
