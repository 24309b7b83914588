package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"greenfill/engine"
)

// A peer is llama.cpp with the settings that serve it best on this machine.
type peer struct {
	folder, model string
	threads       int
	flash         bool // flash attention
	unified       bool // one KV cache for all sequences
	resident      float64
}

// The samples on which the settings are chosen and memory is measured, as in
// engine.MeasureStartUp.
var trial = engine.Measure{Name: "batch 16", Prompt: 256, Samples: 16, Tokens: 4}

// choosePeer tries each pair of settings once and keeps the fastest. The memory is that
// of the most frugal pair.
func choosePeer(ctx context.Context, o Options, threads int) (*peer, error) {
	for _, name := range []string{"llama-bench", "llama-batched-bench"} {
		if _, err := os.Stat(filepath.Join(o.Peer, name)); err != nil {
			return nil, fmt.Errorf("the peer's folder has no %s: give --peer the folder of llama.cpp's programs", name)
		}
	}
	var best *peer
	var fastest, resident float64
	for _, flash := range []bool{false, true} {
		for _, unified := range []bool{false, true} {
			p := &peer{folder: o.Peer, model: o.Path, threads: threads, flash: flash, unified: unified}
			speeds, bytes, err := p.batches(ctx, []engine.Measure{trial})
			if err != nil {
				return nil, err
			}
			if speed := speeds[trial.Samples]; speed > fastest {
				best, fastest = p, speed
			}
			if resident == 0 || bytes < resident {
				resident = bytes
			}
		}
	}
	if best == nil {
		return nil, errors.New("llama-batched-bench printed no speed")
	}
	best.resident = resident
	return best, nil
}

// round measures everything once and appends it to the figures.
func (p *peer) round(ctx context.Context, measures []engine.Measure, figures []figure) error {
	var batches []engine.Measure
	for i, m := range measures {
		if m.Samples > 0 {
			batches = append(batches, m)
			continue
		}
		speed, err := p.prefill(ctx, m)
		if err != nil {
			return err
		}
		figures[i].peer = append(figures[i].peer, speed)
	}
	speeds, _, err := p.batches(ctx, batches)
	if err != nil {
		return err
	}
	for i, m := range measures {
		if speed, ok := speeds[m.Samples]; ok {
			figures[i].peer = append(figures[i].peer, speed)
		}
	}
	return nil
}

// prefill runs llama-bench.
func (p *peer) prefill(ctx context.Context, m engine.Measure) (float64, error) {
	out, _, err := p.run(ctx, "llama-bench", "-p", strconv.Itoa(m.Prompt), "-n", "0", "-r", "1", "-o", "jsonl", "-fa", onOff(p.flash))
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
func (p *peer) batches(ctx context.Context, measures []engine.Measure) (map[int]float64, float64, error) {
	first, most := measures[0], 0
	var counts []string
	for _, m := range measures {
		counts = append(counts, strconv.Itoa(m.Samples))
		most = max(most, m.Samples)
	}
	// A unified cache holds the prompt once; else each sequence has a slot of its own,
	// rounded up to 256 positions.
	positions, cache := roundUp(first.Prompt+most*first.Tokens), "-kvu"
	if !p.unified {
		positions, cache = most*roundUp(first.Prompt+first.Tokens), "-no-kvu"
	}
	out, resident, err := p.run(ctx, "llama-batched-bench", "-c", strconv.Itoa(positions), cache, "-fa", onOff(p.flash), "-pps",
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
