package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greenfill/engine"
)

// script stands for llama.cpp's programs: it answers as they do, and fails without -pps.
const script = `#!/bin/sh
case "$0 $*" in
  *llama-bench*"-p 512 "*) echo '{"n_prompt": 512, "avg_ts": 100.5}' ;;
  *"-pps"*"-npl 16 "*) printf '\n{"pl": 16, "speed_tg": 20.0}\n' ;;
  *"-pps"*"-npl 1,16 "*) printf '\n{"pl": 1, "speed_tg": 10.0}\n{"pl": 16, "speed_tg": 30.0}\n' ;;
  *) echo "unknown arguments: $*" >&2; exit 3 ;;
esac
`

func fakePeer(t *testing.T) *peer {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"llama-bench", "llama-batched-bench"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p, err := choosePeer(t.Context(), Options{Peer: dir, Path: "m.gguf"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPeerRound(t *testing.T) {
	p := fakePeer(t)
	measures := []engine.Measure{{Prompt: 512}, {Prompt: 256, Samples: 1, Tokens: 4}, {Prompt: 256, Samples: 16, Tokens: 4}}
	figures := make([]figure, len(measures))
	for range 2 {
		if err := p.round(t.Context(), measures, figures); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []float64{100.5, 10, 30} {
		if got := figures[i].peer; len(got) != 2 || got[0] != want || got[1] != want {
			t.Errorf("measure %d: %v, want twice %g", i, got, want)
		}
	}
}

func TestPeerErrors(t *testing.T) {
	if _, err := choosePeer(t.Context(), Options{Peer: t.TempDir()}, 2); err == nil || !strings.Contains(err.Error(), "no llama-bench") {
		t.Errorf("an empty folder: %v", err)
	}
	p := fakePeer(t)
	_, err := p.prefill(t.Context(), engine.Measure{Prompt: 3})
	if err == nil || !strings.Contains(err.Error(), "unknown arguments") {
		t.Errorf("a program that fails: %v", err)
	}
	_, _, err = p.batches(t.Context(), []engine.Measure{{Samples: 1}, {Samples: 16}, {Samples: 99}})
	if err == nil {
		t.Error("a program that knows nothing of 99 samples raised no error")
	}
}

func TestMedianAndSpread(t *testing.T) {
	if m := median([]float64{3, 1, 2}); m != 2 {
		t.Errorf("median of three: %g", m)
	}
	if m := median([]float64{4, 1, 2, 3}); m != 2.5 {
		t.Errorf("median of four: %g", m)
	}
	if s := spread([]float64{90, 100, 110}); s != 0.2 {
		t.Errorf("spread: %g", s)
	}
}
