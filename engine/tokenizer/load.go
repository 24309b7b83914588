package tokenizer

import "fmt"

// Metadata is where a model file keeps its vocabulary; gguf.File is one.
type Metadata interface {
	Has(key string) bool
	Bool(key string) (bool, error)
	Uint(key string) (uint64, error)
	String(key string) (string, error)
	Strings(key string) ([]string, error)
	Ints(key string) ([]int64, error)
}

// Load makes a Tokenizer from a model's metadata.
func Load(m Metadata) (*Tokenizer, error) {
	model, err := m.String("tokenizer.ggml.model")
	if err != nil {
		return nil, err
	}
	if model != "gpt2" {
		return nil, fmt.Errorf("vocabulary: it is of the kind %q, but only byte-level BPE (\"gpt2\") is supported; use another model", model)
	}
	var v Vocabulary
	if v.Pre, err = m.String("tokenizer.ggml.pre"); err != nil {
		return nil, err
	}
	if v.Tokens, err = m.Strings("tokenizer.ggml.tokens"); err != nil {
		return nil, err
	}
	if v.Merges, err = m.Strings("tokenizer.ggml.merges"); err != nil {
		return nil, err
	}
	if v.Types, err = optional(m, "tokenizer.ggml.token_type", m.Ints, nil); err != nil {
		return nil, err
	}
	if v.AddBOS, err = optional(m, "tokenizer.ggml.add_bos_token", m.Bool, false); err != nil {
		return nil, err
	}
	for _, special := range []struct {
		key string
		id  *int
	}{
		{"tokenizer.ggml.bos_token_id", &v.BOS},
		{"tokenizer.ggml.eos_token_id", &v.EOS},
		{"tokenizer.ggml.eot_token_id", &v.EOT},
	} {
		n, err := optional(m, special.key, m.Uint, 1<<64-1)
		if err != nil {
			return nil, err
		}
		*special.id = int(n) // the largest uint64 becomes None
	}
	return New(v)
}

// optional is get(key), or absent if there is no such key.
func optional[T any](m Metadata, key string, get func(string) (T, error), absent T) (T, error) {
	if !m.Has(key) {
		return absent, nil
	}
	return get(key)
}
