package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"greenfill/engine/gguf"
	"greenfill/engine/memory"
)

func TestInfo(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	got := m.Info()
	if got.Weights == 0 || got.Kernel == "" || got.Parameters < 1_000_000 || got.HeadProducts != tinyTokens*tinyWidth || got.Products <= got.HeadProducts {
		t.Errorf("%+v", got)
	}
	got.Weights, got.Kernel, got.Parameters, got.Products, got.HeadProducts = 0, "", 0, 0, 0
	want := Info{Name: "tiny", Architecture: "qwen2", Context: tinyContext, Vocabulary: tinyTokens, Blocks: tinyBlocks,
		Width: tinyWidth, CachePerToken: 2 * 2 * 2 * 128, Threads: 2, ChatTemplate: "chatml"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Every file that cannot be run is refused with a sentence that says why.
func TestRefusedModels(t *testing.T) {
	vector := make([]byte, 4*tinyWidth)
	for _, test := range []struct {
		name  string
		model tiny
		want  string
	}{
		{"architecture", tiny{architecture: "gpt2"}, `architecture "gpt2" is not supported; choose`},
		{"no architecture", tiny{architecture: "llama", omit: "general.architecture"}, "not in the file"},
		{"no depth", tiny{architecture: "llama", omit: "llama.block_count"}, `"llama.block_count" is not in the file`},
		{"no epsilon", tiny{architecture: "llama", omit: "llama.attention.layer_norm_rms_epsilon"}, "epsilon"},
		{"missing tensor", tiny{architecture: "llama", omit: "blk.1.ffn_up.weight"}, `"blk.1.ffn_up.weight" is not in the file`},
		{"missing embedding", tiny{architecture: "llama", omit: "token_embd.weight"}, `"token_embd.weight" is not in the file`},
		{"no vocabulary", tiny{architecture: "llama", omit: "tokenizer.ggml.tokens"}, "tokenizer.ggml.tokens"},
		{"a tensor of another formula", tiny{architecture: "llama", change: func(w *gguf.Writer) {
			w.AddTensor("rope_freqs.weight", gguf.F32, []int{tinyWidth}, vector)
		}}, `"rope_freqs.weight" has no place`},
		{"shape", tiny{architecture: "llama", omit: "output_norm.weight", change: func(w *gguf.Writer) {
			w.AddTensor("output_norm.weight", gguf.F32, []int{tinyWidth / 2}, vector[:2*tinyWidth])
		}}, "has shape [128], but the metadata asks for [256]"},
		{"tensor type", tiny{architecture: "llama", omit: "output_norm.weight", change: func(w *gguf.Writer) {
			w.AddTensor("output_norm.weight", 26, []int{tinyWidth}, vector)
		}}, "I32 is not supported; choose"},
		{"experts", tiny{architecture: "llama", change: func(w *gguf.Writer) {
			w.Set("llama.expert_count", uint32(8))
		}}, "mixtures of experts"},
		{"scaled rotation", tiny{architecture: "llama", change: func(w *gguf.Writer) {
			w.Set("llama.rope.scaling.type", "yarn")
		}}, `scaled by "yarn"`},
		{"heads", tiny{architecture: "llama", omit: "llama.attention.head_count_kv", change: func(w *gguf.Writer) {
			w.Set("llama.attention.head_count_kv", uint32(3))
		}}, "4 attention heads are not a multiple of 3"},
		{"huge depth", tiny{architecture: "llama", omit: "llama.block_count", change: func(w *gguf.Writer) {
			w.Set("llama.block_count", uint32(1<<31))
		}}, `"llama.block_count" is 2147483648`},
		{"depth of no tensors", tiny{architecture: "llama", omit: "llama.block_count", change: func(w *gguf.Writer) {
			w.Set("llama.block_count", uint32(1<<24))
		}}, "blocks"},
		{"huge heads", tiny{architecture: "llama", omit: "llama.attention.key_length", change: func(w *gguf.Writer) {
			w.Set("llama.attention.key_length", uint32(1<<24))
		}}, "shape"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Open(t.Context(), test.model.write(t), Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "none.gguf"), Options{}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cut short", func(t *testing.T) {
		path := tiny{architecture: "llama"}.write(t)
		if err := os.Truncate(path, 300_000); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path, Options{}); err == nil || !strings.Contains(err.Error(), "truncated") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Open(ctx, tiny{architecture: "llama"}.write(t), Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestMemoryIsCheckedFirst(t *testing.T) {
	available, unknown := memory.Read()
	if unknown == nil && available.Free < 1<<20 {
		t.Errorf("only %d bytes free", available.Free)
	}
	c := config{layers: 1 << 20, kvHeads: 1 << 10, headDim: 1 << 10, context: 2048}
	if unknown != nil {
		return // nothing can be checked on this system
	}
	if err := checkMemory(&c, nil); !errors.Is(err, ErrMemory) {
		t.Errorf("error %v, want ErrMemory", err)
	}
	m := openTiny(t, tiny{architecture: "llama"}, 1)
	m.config.layers = 1 << 40
	defer func() { m.config.layers = tinyBlocks }()
	_, err := m.Sample(t.Context(), Request{Prompt: "x", Samples: 1}, func(Sample) bool { return true })
	if !errors.Is(err, ErrMemory) {
		t.Errorf("error %v, want ErrMemory", err)
	}
}

func TestProgressGoesForward(t *testing.T) {
	var mu sync.Mutex
	last := 0.0
	m, err := Open(t.Context(), tiny{architecture: "qwen2"}.write(t), Options{Progress: func(share float64) {
		mu.Lock()
		defer mu.Unlock()
		if share < last || share > 1 {
			t.Errorf("progress %g after %g", share, last)
		}
		last = share
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if last != 1 {
		t.Errorf("progress ended at %g", last)
	}
}

func TestContextOption(t *testing.T) {
	path := tiny{architecture: "llama"}.write(t)
	for _, test := range []struct{ asked, want int }{{0, tinyContext}, {100, 100}, {100_000, tinyContext}} {
		if got := openModel(t, path, Options{Context: test.asked}).Info().Context; got != test.want {
			t.Errorf("context %d for %d asked", got, test.asked)
		}
	}
}

func TestChatTemplates(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "none",
		"<|im_start|>{{ role }}":   "chatml",
		"<|start_header_id|>":      "llama3",
		"{{ something different }": "other",
	} {
		path := tiny{architecture: "llama", omit: "tokenizer.chat_template", change: func(w *gguf.Writer) {
			w.Set("tokenizer.chat_template", text)
		}}.write(t)
		if got := openModel(t, path, Options{}).Info().ChatTemplate; got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// Whatever single metadata number a file lies about, Open answers and takes no memory
// for it.
func TestAbsurdNumbers(t *testing.T) {
	for _, key := range []string{"block_count", "context_length", "embedding_length", "feed_forward_length",
		"attention.head_count", "attention.head_count_kv", "rope.dimension_count"} {
		for _, n := range []uint32{0, 1, 3, 1 << 20, 1 << 24, 1<<32 - 1} {
			path := tiny{architecture: "llama", omit: "llama." + key, change: func(w *gguf.Writer) {
				w.Set("llama."+key, n)
			}}.write(t)
			m, err := Open(t.Context(), path, Options{Threads: 1})
			if err == nil {
				if key != "context_length" && key != "block_count" { // fewer positions or blocks are as good
					t.Errorf("%s=%d was taken", key, n)
				}
				m.Close()
			} else if strings.Contains(fmt.Sprint(err), "panic") {
				t.Errorf("%s=%d: %v", key, n, err)
			}
		}
	}
}
