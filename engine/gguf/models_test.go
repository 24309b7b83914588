package gguf_test

import (
	"os"
	"testing"

	"greenfill/engine/gguf"
	"greenfill/engine/modeltest"
)

// TestModels opens the three models that Greenfill is measured with.
func TestModels(t *testing.T) {
	for _, c := range []struct {
		file, architecture string
		tensors            int
		types              map[gguf.Type]int
	}{
		{"SmolLM2-135M-Instruct.Q4_1.gguf", "llama", 272, map[gguf.Type]int{gguf.F32: 61, gguf.Q4_1: 210, gguf.Q8_0: 1}},
		{"qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "qwen2", 291, map[gguf.Type]int{gguf.F32: 121, gguf.Q5_0: 133, gguf.Q8_0: 13, gguf.Q4_K: 12, gguf.Q6_K: 12}},
		{"qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", "qwen2", 339, map[gguf.Type]int{gguf.F32: 141, gguf.Q4_K: 169, gguf.Q6_K: 29}},
	} {
		t.Run(c.architecture+"/"+c.file, func(t *testing.T) {
			path := modeltest.Path(t, c.file)
			f, err := gguf.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got, err := f.String("general.architecture"); got != c.architecture || err != nil {
				t.Errorf("architecture %q, %v", got, err)
			}
			types := map[gguf.Type]int{}
			end := 0
			for _, tensor := range f.Tensors() {
				types[tensor.Type]++
				end = max(end, tensor.Offset+len(tensor.Data))
			}
			if len(f.Tensors()) != c.tensors {
				t.Errorf("%d tensors, want %d", len(f.Tensors()), c.tensors)
			}
			for typ, n := range c.types {
				if types[typ] != n {
					t.Errorf("%d tensors of %s, want %d", types[typ], typ, n)
				}
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if left := info.Size() - int64(end); left < 0 || left >= 32 {
				t.Errorf("the last tensor ends %d bytes before the file", left)
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	path := modeltest.Path(b, "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")
	for b.Loop() {
		f, err := gguf.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
