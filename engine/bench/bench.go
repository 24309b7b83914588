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
	"time"

	"greenfill/engine"
	"greenfill/engine/kernel"
)

// Options say what is measured.
type Options struct {
	Model string // its name in the rows
	Path  string // of the GGUF file
	// Peer is the folder of llama-bench and llama-batched-bench, to be measured in turn
	// with the path that runs; Native that of a build for this very machine, to be
	// measured in turn with the machine's fastest path, if that is another. "" means none.
	Peer, Native string
	Threads      int // 0 means one per core
	Rounds       int // each figure is the median of so many; at least 1
	// Progress, if set, is told what is measured next, and the share done.
	Progress func(what string, share float64)
}

// A Row is one figure. Peer and Ratio are nil where there is no peer, or none can be asked.
type Row struct {
	Model  string   `json:"model"`
	Kernel string   `json:"kernel"` // the path that ran
	Test   string   `json:"test"`   // "prefill 512", "batch 16", "ready", "ready again", "resident"
	Unit   string   `json:"unit"`
	Ours   float64  `json:"ours"` // median of the rounds
	Peer   *float64 `json:"peer"`
	// Ratio says how many times better ours is: above 1 is faster; of memory, below 1 is less.
	Ratio *float64 `json:"ratio"`
	// LimitFraction is the share of what the machine allows, measured in this run: of the
	// rate at which the weights can be read for one sample, of the multiplications that
	// all threads can do for a batch. nil where no limit is known.
	LimitFraction *float64 `json:"limit_fraction"`
	// Spread is the distance of the rounds' highest from their lowest, as a share of the median.
	Spread float64 `json:"spread"`
}

// A figure gathers the rounds of one row.
type figure struct{ ours, peer []float64 }

// A pair is a path of ours and, unless nil, the peer that it is measured against.
type pair struct {
	kernel       string
	peer         *peer
	figures      []figure  // of each measure
	reads, peaks []float64 // the limits in each round
}

// Run measures start-up twice and memory once, then every engine.Measure in turn for so many rounds.
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
	opening := time.Now()
	m, err := engine.Open(ctx, o.Path, options)
	if err != nil {
		return nil, err
	}
	defer m.Close() // nothing is lost when it fails
	again := time.Since(opening)

	measures := engine.Measures()
	pairs, err := o.pairs(ctx, m.Info().Threads, measures, progress)
	if err != nil {
		return nil, err
	}
	for round := range o.Rounds {
		for _, p := range pairs {
			report := func(what string) { progress(p.kernel+", "+what, float64(round)/float64(o.Rounds)) }
			if err := p.round(ctx, m, measures, report); err != nil {
				return nil, err
			}
		}
	}

	row := func(test, unit string, ours float64) Row {
		return Row{Model: o.Model, Kernel: pairs[0].kernel, Test: test, Unit: unit, Ours: ours}
	}
	resident := row("resident", "bytes", float64(start.Resident))
	if p := pairs[0].peer; p != nil {
		resident.against(p.resident)
	}
	// The first opening may have to wait for the memory itself, as on a virtual machine
	// whose host takes back what is free; the second finds what the first gave up.
	rows := []Row{
		row("ready", "ms", float64(start.Ready.Milliseconds())),
		row("ready again", "ms", float64(again.Milliseconds())),
		resident,
	}
	for _, p := range pairs {
		rows = append(rows, p.rows(o.Model, m.Info(), measures)...)
	}
	return rows, nil
}

// pairs prepares the pairs that o asks for.
func (o Options) pairs(ctx context.Context, threads int, measures []engine.Measure, progress func(string, float64)) ([]*pair, error) {
	pairs := []*pair{{kernel: kernel.Name()}}
	folders := []string{o.Peer}
	if fastest := kernel.Paths()[0]; o.Native != "" && fastest != kernel.Name() {
		pairs, folders = append(pairs, &pair{kernel: fastest}), append(folders, o.Native)
	}
	for i, p := range pairs {
		p.figures = make([]figure, len(measures))
		if folders[i] == "" {
			continue
		}
		progress("choosing the settings of "+folders[i], 0)
		var err error
		if p.peer, err = choosePeer(ctx, folders[i], o.Path, threads, measures); err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// round measures both sides once. All paths run on the same weights.
func (p *pair) round(ctx context.Context, m *engine.Model, measures []engine.Measure, progress func(string)) error {
	restore, err := kernel.ForcePath(p.kernel)
	if err != nil {
		return err
	}
	defer restore()
	rate, err := m.ReadRate(ctx)
	if err != nil {
		return err
	}
	peak, err := m.PeakRate(ctx)
	if err != nil {
		return err
	}
	p.reads, p.peaks = append(p.reads, rate), append(p.peaks, peak)
	for i, measure := range measures {
		progress(measure.Name)
		speed, err := measure.Run(ctx, m)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", measure.Name, err)
		}
		p.figures[i].ours = append(p.figures[i].ours, speed)
	}
	if p.peer == nil {
		return nil
	}
	progress("llama.cpp")
	return p.peer.round(ctx, measures, p.figures)
}

// rows are the medians of the rounds.
func (p *pair) rows(model string, info engine.Info, measures []engine.Measure) []Row {
	var rows []Row
	for i, measure := range measures {
		f := p.figures[i]
		row := Row{Model: model, Kernel: p.kernel, Test: measure.Name, Unit: "tokens/s", Ours: median(f.ours), Spread: spread(f.ours)}
		if len(f.peer) > 0 {
			row.against(median(f.peer))
		}
		share := row.Ours * float64(products(info, measure)) / median(p.peaks)
		if measure.Samples == 1 {
			share = row.Ours * float64(info.Weights) / median(p.reads)
		}
		row.LimitFraction = &share
		rows = append(rows, row)
	}
	return rows
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
