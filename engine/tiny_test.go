package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"greenfill/engine/gguf"
	"greenfill/engine/kernel"
)

// A tiny model has the parts of a real one, of every kind that the three models have,
// and random weights: small enough for tests that need many runs.
type tiny struct {
	architecture string
	tied         bool
	change       func(w *gguf.Writer) // adds or spoils something; nil for nothing
	omit         string               // a tensor or metadata key to leave out
}

const (
	tinyWidth, tinyHidden, tinyBlocks   = 256, 512, 2
	tinyHeads, tinyKVHeads, tinyHeadDim = 4, 2, 64
	tinyTokens, tinyContext             = 259, 512
)

// write writes the model into a temporary folder and returns its path.
func (m tiny) write(t testing.TB) string {
	t.Helper()
	w := &gguf.Writer{}
	set := func(key string, v any) {
		if key != m.omit {
			w.Set(key, v)
		}
	}
	set("general.architecture", m.architecture)
	set("general.name", "tiny")
	a := m.architecture + "."
	set(a+"block_count", uint32(tinyBlocks))
	set(a+"context_length", uint32(tinyContext))
	set(a+"embedding_length", uint32(tinyWidth))
	set(a+"feed_forward_length", uint32(tinyHidden))
	set(a+"attention.head_count", uint32(tinyHeads))
	set(a+"attention.head_count_kv", uint32(tinyKVHeads))
	set(a+"attention.layer_norm_rms_epsilon", float32(1e-6))
	set(a+"rope.freq_base", float32(10000))
	tokens, types := tinyVocabulary()
	set("tokenizer.ggml.model", "gpt2")
	set("tokenizer.ggml.pre", "qwen2")
	set("tokenizer.ggml.tokens", tokens)
	set("tokenizer.ggml.token_type", types)
	set("tokenizer.ggml.merges", []string{"a b"})
	set("tokenizer.ggml.eos_token_id", uint32(258))
	set("tokenizer.chat_template", "{{ '<|im_start|>' }}")

	r := rand.New(rand.NewPCG(1, 2))
	tensor := func(name string, typ gguf.Type, shape ...int) {
		if name != m.omit {
			w.AddTensor(name, typ, shape, randomBlocks(r, kernel.Type(typ), shape))
		}
	}
	tensor("token_embd.weight", gguf.Q8_0, tinyWidth, tinyTokens)
	tensor("output_norm.weight", gguf.F32, tinyWidth)
	if !m.tied {
		tensor("output.weight", gguf.Q6_K, tinyWidth, tinyTokens)
	}
	for i := range tinyBlocks {
		b := fmt.Sprintf("blk.%d.", i)
		tensor(b+"attn_norm.weight", gguf.F32, tinyWidth)
		tensor(b+"attn_q.weight", gguf.Q4_K, tinyWidth, tinyHeads*tinyHeadDim)
		tensor(b+"attn_k.weight", gguf.Q5_0, tinyWidth, tinyKVHeads*tinyHeadDim)
		tensor(b+"attn_v.weight", gguf.Q6_K, tinyWidth, tinyKVHeads*tinyHeadDim)
		if m.architecture == "qwen2" {
			tensor(b+"attn_q.bias", gguf.F32, tinyHeads*tinyHeadDim)
			tensor(b+"attn_k.bias", gguf.F32, tinyKVHeads*tinyHeadDim)
			tensor(b+"attn_v.bias", gguf.F32, tinyKVHeads*tinyHeadDim)
		}
		tensor(b+"attn_output.weight", gguf.Q8_0, tinyHeads*tinyHeadDim, tinyWidth)
		tensor(b+"ffn_norm.weight", gguf.F32, tinyWidth)
		tensor(b+"ffn_gate.weight", gguf.Q4_1, tinyWidth, tinyHidden)
		tensor(b+"ffn_up.weight", gguf.Q4_K, tinyWidth, tinyHidden)
		tensor(b+"ffn_down.weight", gguf.F16, tinyHidden, tinyWidth)
	}
	if m.change != nil {
		m.change(w)
	}
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	var file bytes.Buffer
	if _, err := w.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tinyVocabulary is every byte in GPT-2's spelling, "ab", and two control tokens.
func tinyVocabulary() (tokens []string, types []int32) {
	next := rune(256)
	for b := range 256 {
		spelling := rune(b)
		if b <= ' ' || b >= 0x7f && b <= 0xa0 || b == 0xad {
			spelling = next
			next++
		}
		tokens = append(tokens, string(spelling))
		types = append(types, 1)
	}
	tokens = append(tokens, "ab", "<|im_start|>", "<|im_end|>")
	return tokens, append(types, 1, 3, 3)
}

// randomBlocks returns blocks of random codes whose scales keep activations near one.
func randomBlocks(r *rand.Rand, t kernel.Type, shape []int) []byte {
	values := 1
	for _, n := range shape {
		values *= n
	}
	if t == kernel.F32 && len(shape) == 1 { // norms and biases
		data := make([]byte, 0, 4*values)
		for range values {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(1+0.1*r.NormFloat64())))
		}
		return data
	}
	size, err := kernel.RowBytes(t, values)
	if err != nil {
		panic(err)
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	// Where a block keeps its binary16 scale and minimum, and how large they may be.
	layout := map[kernel.Type]struct {
		block, scale, minimum int
		size                  float32
	}{
		kernel.F16:  {2, 0, -1, 0.05},
		kernel.Q8_0: {34, 0, -1, 0.002},
		kernel.Q4_1: {20, 0, 2, 0.01},
		kernel.Q5_0: {22, 0, -1, 0.005},
		kernel.Q4_K: {144, 0, 2, 0.0008},
		kernel.Q6_K: {210, 208, -1, 0.0001},
	}[t]
	for at := 0; at < len(data); at += layout.block {
		scale := layout.size * float32(r.NormFloat64())
		putHalf(data[at+layout.scale:], scale)
		if layout.minimum >= 0 {
			putHalf(data[at+layout.minimum:], -7.5*scale)
			if t == kernel.Q4_K { // whose minimum is subtracted, and has 6-bit factors like the scale
				putHalf(data[at+layout.minimum:], 7.5*scale)
			}
		}
	}
	return data
}

// putHalf writes x as binary16, cut to its precision. x is below 1 in size.
func putHalf(b []byte, x float32) {
	sign := uint16(math.Float32bits(x) >> 16 & 0x8000)
	steps := math.Abs(float64(x)) * (1 << 24) // of the smallest binary16
	if steps < 1024 {
		binary.LittleEndian.PutUint16(b, sign|uint16(steps))
		return
	}
	fraction, exponent := math.Frexp(steps) // steps = fraction * 2^exponent, fraction in [1/2, 1)
	binary.LittleEndian.PutUint16(b, sign|uint16(exponent-10)<<10|uint16(fraction*2048)&0x3ff)
}

// openTiny opens a tiny model and closes it when the test ends.
func openTiny(t testing.TB, m tiny, threads int) *Model {
	t.Helper()
	return openModel(t, m.write(t), Options{Threads: threads})
}

func openModel(t testing.TB, path string, options Options) *Model {
	t.Helper()
	m, err := Open(t.Context(), path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}
