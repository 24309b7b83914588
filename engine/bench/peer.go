package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"greenfill/engine"
)

// A peer is llama.cpp, with the settings that serve each measure best on this machine.
type peer struct {
	folder, model string
	threads       int
	best          []setting // for each of the measures it was made for
	resident      float64   // of the most frugal setting, on frugal
}

// A setting is what llama.cpp's programs leave to their user.
type setting struct {
	flash   bool // flash attention
	unified bool // one KV cache for all sequences
}

var settings = []setting{{false, false}, {false, true}, {true, false}, {true, true}}

const trialTokens = 4 // sampled by each sample when settings are tried

// frugal is what memory is measured on, as in engine.MeasureStartUp.
var frugal = engine.Measure{Prompt: 256, Samples: 16, Tokens: trialTokens}

// choosePeer tries each setting once on each measure and keeps the fastest.
func choosePeer(ctx context.Context, folder, model string, threads int, measures []engine.Measure) (*peer, error) {
	for _, name := range []string{"llama-bench", "llama-batched-bench"} {
		if _, err := os.Stat(filepath.Join(folder, name)); err != nil {
			return nil, fmt.Errorf("the peer's folder %s has no %s: give the folder of llama.cpp's programs", folder, name)
		}
	}
	p := &peer{folder: folder, model: model, threads: threads, best: make([]setting, len(measures))}
	fastest := make([]float64, len(measures))
	trials := slices.Clone(measures)
	for i := range trials {
		trials[i].Tokens = min(trials[i].Tokens, trialTokens)
	}
	for _, s := range settings {
		_, bytes, err := p.batches(ctx, s, []engine.Measure{frugal})
		if err != nil {
			return nil, err
		}
		if p.resident == 0 || bytes < p.resident {
			p.resident = bytes
		}
		speeds, err := p.speeds(ctx, s, trials)
		if err != nil {
			return nil, err
		}
		for i, speed := range speeds {
			if speed > fastest[i] {
				p.best[i], fastest[i] = s, speed
			}
		}
	}
	return p, nil
}

// round measures everything once, each with its setting, and appends it to the figures.
func (p *peer) round(ctx context.Context, measures []engine.Measure, figures []figure) error {
	for _, s := range settings {
		var chosen []engine.Measure
		var at []int
		for i, m := range measures {
			if p.best[i] == s {
				chosen, at = append(chosen, m), append(at, i)
			}
		}
		speeds, err := p.speeds(ctx, s, chosen)
		if err != nil {
			return err
		}
		for k, speed := range speeds {
			figures[at[k]].peer = append(figures[at[k]].peer, speed)
		}
	}
	return nil
}

// speeds measures everything once with one setting, in tokens per second.
func (p *peer) speeds(ctx context.Context, s setting, measures []engine.Measure) ([]float64, error) {
	var batches []engine.Measure
	for _, m := range measures {
		if m.Samples > 0 {
			batches = append(batches, m)
		}
	}
	bySamples, _, err := p.batches(ctx, s, batches)
	if err != nil {
		return nil, err
	}
	speeds := make([]float64, len(measures))
	for i, m := range measures {
		if m.Samples > 0 {
			speeds[i] = bySamples[m.Samples]
		} else if speeds[i], err = p.prefill(ctx, s, m); err != nil {
			return nil, err
		}
	}
	return speeds, nil
}

// prefill runs llama-bench.
func (p *peer) prefill(ctx context.Context, s setting, m engine.Measure) (float64, error) {
	out, _, err := p.run(ctx, "llama-bench", "-p", strconv.Itoa(m.Prompt), "-n", "0", "-r", "1", "-o", "jsonl", "-fa", onOff(s.flash))
	if err != nil {
		return 0, err
	}
	var line struct {
		Speed float64 `json:"avg_ts"`
	}
	if err := json.Unmarshal(bytes.TrimSpace(out), &line); err != nil {
		return 0, fmt.Errorf("reading llama-bench's answer: %w", err)
	}
	return line.Speed, nil
}

// batches runs llama-batched-bench on measures that differ in Samples only. It returns
// tokens per second by samples, and the most memory that the process held.
func (p *peer) batches(ctx context.Context, s setting, measures []engine.Measure) (map[int]float64, float64, error) {
	if len(measures) == 0 {
		return nil, 0, nil
	}
	first, most := measures[0], 0
	var counts []string
	for _, m := range measures {
		counts = append(counts, strconv.Itoa(m.Samples))
		most = max(most, m.Samples)
	}
	// A unified cache holds the prompt once; else each sequence has a slot of its own,
	// rounded up to 256 positions.
	positions, cache := roundUp(first.Prompt+most*first.Tokens), "-kvu"
	if !s.unified {
		positions, cache = most*roundUp(first.Prompt+first.Tokens), "-no-kvu"
	}
	out, resident, err := p.run(ctx, "llama-batched-bench", "-c", strconv.Itoa(positions), cache, "-fa", onOff(s.flash), "-pps",
		"-npp", strconv.Itoa(first.Prompt), "-ntg", strconv.Itoa(first.Tokens), "-npl", strings.Join(counts, ","), "--output-format", "jsonl")
	if err != nil {
		return nil, 0, err
	}
	speeds := map[int]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var line struct {
			Samples int     `json:"pl"`
			Speed   float64 `json:"speed_tg"`
		}
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Samples > 0 {
			speeds[line.Samples] = line.Speed
		}
	}
	for _, m := range measures {
		if speeds[m.Samples] == 0 {
			return nil, 0, fmt.Errorf("llama-batched-bench gave no speed for %d samples", m.Samples)
		}
	}
	return speeds, resident, nil
}

// run runs one of the peer's programs and returns its output and its peak memory in bytes.
func (p *peer) run(ctx context.Context, program string, args ...string) ([]byte, float64, error) {
	args = slices.Concat([]string{"-m", p.model, "-t", strconv.Itoa(p.threads)}, args)
	cmd := exec.CommandContext(ctx, filepath.Join(p.folder, program), args...)
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(failure.String()), "\n")
		return nil, 0, fmt.Errorf("running %s: %w: %s", program, err, lines[len(lines)-1])
	}
	return out, peakMemory(cmd.ProcessState), nil
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// roundUp returns the next multiple of 256.
func roundUp(n int) int { return (n + 255) / 256 * 256 }
