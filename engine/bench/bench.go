// Package bench measures the engine, alone or beside llama.cpp on the same file.
//
// Call [Run] with the model's path; [Options.Peer] names a folder with llama.cpp's
// programs, which are then run in turn with the engine, round by round, so that a drift
// of the machine's speed meets both.
package bench

import (
	"context"
	"fmt"
	"slices"

	"greenfill/engine"
)

// Options say what is measured.
type Options struct {
	Model   string // its name in the rows
	Path    string // of the GGUF file
	Peer    string // folder of llama-bench and llama-batched-bench; "" means none
	Threads int    // 0 means one per core
	Rounds  int    // each figure is the median of so many; at least 1
	// Progress, if set, is told what is measured next, and the share done.
	Progress func(what string, share float64)
}

// A Row is one figure. Peer and Ratio are nil where there is no peer, or none can be asked.
type Row struct {
	Model string   `json:"model"`
	Test  string   `json:"test"` // "prefill 512", "batch 16", "ready", "resident"
	Unit  string   `json:"unit"`
	Ours  float64  `json:"ours"` // median of the rounds
	Peer  *float64 `json:"peer"`
	// Ratio says how many times better ours is: above 1 is faster; of memory, below 1 is less.
	Ratio *float64 `json:"ratio"`
	// LimitFraction is the share of what the machine allows, measured in this run: of the
	// rate at which the weights can be read for one sample, of the multiplications that
	// the same threads can keep up together for a batch. nil where no limit is known.
	LimitFraction *float64 `json:"limit_fraction"`
	// Spread is the distance of the rounds' highest from their lowest, as a share of the median.
	Spread float64 `json:"spread"`
}

// A figure gathers the rounds of one row.
type figure struct{ ours, peer []float64 }

// Run measures start-up and memory once, then every engine.Measure in turn for so many rounds.
func Run(ctx context.Context, o Options) ([]Row, error) {
	progress := o.Progress
	if progress == nil {
		progress = func(string, float64) {}
	}
	progress("start-up", 0)
	options := engine.Options{Threads: o.Threads}
	start, err := engine.MeasureStartUp(ctx, o.Path, options)
	if err != nil {
		return nil, err
	}
	m, err := engine.Open(ctx, o.Path, options)
	if err != nil {
		return nil, err
	}
	defer m.Close() // nothing is lost when it fails

	var p *peer
	if o.Peer != "" {
		progress("choosing the peer's settings", 0)
		if p, err = choosePeer(ctx, o, m.Info().Threads); err != nil {
			return nil, err
		}
	}
	measures := engine.Measures()
	figures := make([]figure, len(measures))
	var reads, peaks []float64
	for round := range o.Rounds {
		share := float64(round) / float64(o.Rounds)
		rate, err := m.ReadRate(ctx)
		if err != nil {
			return nil, err
		}
		peak, err := m.PeakRate(ctx)
		if err != nil {
			return nil, err
		}
		reads, peaks = append(reads, rate), append(peaks, peak)
		for i, measure := range measures {
			progress(measure.Name, share)
			speed, err := measure.Run(ctx, m)
			if err != nil {
				return nil, fmt.Errorf("measuring %s: %w", measure.Name, err)
			}
			figures[i].ours = append(figures[i].ours, speed)
		}
		if p != nil {
			progress("llama.cpp", share)
			if err := p.round(ctx, measures, figures); err != nil {
				return nil, err
			}
		}
	}

	rows := []Row{
		{Model: o.Model, Test: "ready", Unit: "ms", Ours: float64(start.Ready.Milliseconds())},
		{Model: o.Model, Test: "resident", Unit: "bytes", Ours: float64(start.Resident)},
	}
	if p != nil {
		rows[1].against(p.resident)
	}
	info, peak := m.Info(), median(peaks)
	for i, measure := range measures {
		f := figures[i]
		row := Row{Model: o.Model, Test: measure.Name, Unit: "tokens/s", Ours: median(f.ours), Spread: spread(f.ours)}
		if len(f.peer) > 0 {
			row.against(median(f.peer))
		}
		share := row.Ours * float64(products(info, measure)) / peak
		if measure.Samples == 1 {
			share = row.Ours * float64(info.Weights) / median(reads)
		}
		row.LimitFraction = &share
		rows = append(rows, row)
	}
	return rows, nil
}

// products are the multiplications by weights for each token of a measure: a prompt's
// tokens need no output head.
func products(info engine.Info, m engine.Measure) int64 {
	if m.Samples == 0 {
		return info.Products - info.HeadProducts
	}
	return info.Products
}

// against sets what the peer came to.
func (r *Row) against(peer float64) {
	ratio := r.Ours / peer
	r.Peer, r.Ratio = &peer, &ratio
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func spread(values []float64) float64 {
	return (slices.Max(values) - slices.Min(values)) / median(values)
}
