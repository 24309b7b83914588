package engine

import (
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"greenfill/engine/modeltest"
)

func TestMeasures(t *testing.T) {
	path := tiny{architecture: "qwen2"}.write(t)
	m := openModel(t, path, Options{})
	for _, e := range append(Measures(), Measure{Name: "small", Prompt: 16, Samples: 2, Tokens: 2}) {
		if e.Prompt+e.Tokens > tinyContext {
			t.Fatalf("%s does not fit the tiny model", e.Name)
		}
		e.Tokens = min(e.Tokens, 3)
		got, err := e.Run(t.Context(), m)
		if err != nil || !(got > 0) || math.IsInf(got, 0) {
			t.Errorf("%s: %g tokens/s, error %v", e.Name, got, err)
		}
	}
	if speed, err := m.ReadRate(t.Context()); err != nil || !(speed > 0) {
		t.Errorf("weights are read at %g bytes/s, error %v", speed, err)
	}
	if peak, err := m.PeakRate(t.Context()); err != nil || !(peak > 0) {
		t.Errorf("%g products a second, error %v", peak, err)
	}
	if runtime.GOOS == "linux" {
		s, err := MeasureStartUp(t.Context(), path, Options{})
		if err != nil || s.Ready <= 0 {
			t.Errorf("%+v, error %v", s, err)
		}
	}
}

// The value for SmolLM2 on testdata/passage.txt is llama.cpp's:
//
//	llama-perplexity -m SmolLM2-135M-Instruct.Q4_1.gguf -f testdata/passage.txt -c 128 -b 128
//
// The text is too short for a judgement of quality; it shows that the same tokens are
// scored. The goal of 0.5 % is for texts of many chunks.
func TestPerplexitySmolLM2(t *testing.T) {
	const peer, bound = 7.3479, 0.02
	m := openModel(t, modeltest.Path(t, smolLM2), Options{})
	text, err := os.ReadFile("testdata/passage.txt")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	p, err := m.Perplexity(t.Context(), string(text), 128, func(chunk, chunks int, _ float64) {
		if calls++; chunk != calls || chunk > chunks {
			t.Errorf("progress: chunk %d of %d at call %d", chunk, chunks, calls)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("perplexity %.4f ± %.4f over %d tokens", p.Value, p.Error, p.Scored)
	if math.Abs(p.Value/peer-1) > bound || calls != p.Chunks {
		t.Errorf("perplexity %.4f, llama.cpp's is %.4f", p.Value, peer)
	}
}

func TestPerplexityRefusesShortTexts(t *testing.T) {
	m := openTiny(t, tiny{architecture: "llama"}, 1)
	for _, test := range []struct {
		text   string
		window int
	}{{"short", 128}, {strings.Repeat("long", 500), 1024}, {"", 0}} {
		if _, err := m.Perplexity(t.Context(), test.text, test.window, nil); err == nil {
			t.Errorf("%d bytes in chunks of %d were measured", len(test.text), test.window)
		}
	}
}
