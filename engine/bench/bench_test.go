package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greenfill/engine"
)

// script stands for llama.cpp's programs: it answers as they do, and fails without -pps.
// Flash attention serves the prompt, a unified cache 16 samples, another cache one.
const script = `#!/bin/sh
one=10 sixteen=20
case "$*" in *" -kvu "*) one=5 sixteen=30 ;; esac
case "$0 $*" in
  *llama-bench*"-p 512 "*"-fa on"*) echo '{"n_prompt": 512, "avg_ts": 100.5}' ;;
  *llama-bench*"-p 512 "*) echo '{"n_prompt": 512, "avg_ts": 50}' ;;
  *"-pps"*"-npl 1 "*) printf '\n{"pl": 1, "speed_tg": %s}\n' $one ;;
  *"-pps"*"-npl 16 "*) printf '\n{"pl": 16, "speed_tg": %s}\n' $sixteen ;;
  *"-pps"*"-npl 1,16 "*) printf '\n{"pl": 1, "speed_tg": %s}\n{"pl": 16, "speed_tg": %s}\n' $one $sixteen ;;
  *) echo "unknown arguments: $*" >&2; exit 3 ;;
esac
`

var peerMeasures = []engine.Measure{{Prompt: 512}, {Prompt: 256, Samples: 1, Tokens: 16}, {Prompt: 256, Samples: 16, Tokens: 16}}

func fakePeer(t *testing.T) *peer {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"llama-bench", "llama-batched-bench"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p, err := choosePeer(t.Context(), dir, "m.gguf", 2, peerMeasures)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPeerRound(t *testing.T) {
	p := fakePeer(t)
	if !p.best[0].flash || p.best[1].unified || !p.best[2].unified {
		t.Errorf("settings %v are not the best ones of each measure", p.best)
	}
	figures := make([]figure, len(peerMeasures))
	for range 2 {
		if err := p.round(t.Context(), peerMeasures, figures); err != nil {
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
	if _, err := choosePeer(t.Context(), t.TempDir(), "m.gguf", 2, peerMeasures); err == nil || !strings.Contains(err.Error(), "has no llama-bench") {
		t.Errorf("an empty folder: %v", err)
	}
	p := fakePeer(t)
	_, err := p.prefill(t.Context(), setting{}, engine.Measure{Prompt: 3})
	if err == nil || !strings.Contains(err.Error(), "unknown arguments") {
		t.Errorf("a program that fails: %v", err)
	}
	_, _, err = p.batches(t.Context(), setting{}, []engine.Measure{{Samples: 1}, {Samples: 16}, {Samples: 99}})
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
