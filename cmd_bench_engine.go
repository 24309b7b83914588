package main

import (
	"fmt"
	"io"
	"os"

	"greenfill/engine"
	"greenfill/engine/bench"
	"greenfill/engine/catalog"
	"greenfill/engine/kernel"
)

type benchEngineCmd struct {
	Model   string `help:"Model: a name from 'greenfill model list', or the path of a GGUF file; default: all that are here." placeholder:"M" env:"GREENFILL_MODEL"`
	Peer    string `help:"Folder of llama.cpp's programs, to be measured in turn with ours." placeholder:"DIR" type:"existingdir"`
	Native  string `help:"Folder of a build of them for this very machine, to be measured in turn with the fastest kernel, beside the one that GREENFILL_KERNEL names." name:"peer-native" placeholder:"DIR" type:"existingdir"`
	Threads int    `help:"Threads; 0 means one per core." default:"0" placeholder:"N"`
	Count   int    `help:"How often to measure each; the median is printed." default:"5" placeholder:"C"`
	JSON    bool   `help:"Print a JSON array of rows." name:"json"`
}

func (c *benchEngineCmd) Run(e *env) error {
	if c.Count < 1 {
		return usage("--count is %d: give a number from 1", c.Count)
	}
	choices, err := c.models()
	if err != nil {
		return err
	}
	if c.Native != "" && kernel.Name() == kernel.Paths()[0] {
		fmt.Fprintf(e.stderr, "--peer-native is left out: %s is this machine's fastest kernel; GREENFILL_KERNEL=avx2 sets the pairs apart\n", kernel.Name())
	}
	if !c.JSON {
		fmt.Fprintf(e.stdout, "the median of %s\n", count(c.Count, "round", "rounds"))
	}
	all := []bench.Row{}
	for _, choice := range choices {
		bar := newBar(e.stderr, choice.Name, 100)
		rows, err := bench.Run(e.ctx, bench.Options{
			Model: choice.Name, Path: choice.Path, Peer: c.Peer, Native: c.Native, Threads: c.Threads, Rounds: c.Count,
			Progress: func(what string, share float64) { bar.Set(int(100*share), choice.Name+": "+what) },
		})
		bar.Close()
		if err != nil {
			return err
		}
		all = append(all, rows...)
		if !c.JSON {
			printRows(e.stdout, rows)
		}
	}
	if c.JSON {
		printJSON(e.stdout, all)
	}
	return nil
}

// models are the one named, or all that are here.
func (c *benchEngineCmd) models() ([]catalog.Choice, error) {
	if c.Model != "" {
		choice, err := catalog.Choose(c.Model)
		return []catalog.Choice{choice}, err
	}
	var choices []catalog.Choice
	for _, m := range catalog.Models() {
		if choice, err := catalog.Choose(m.Name); err == nil {
			choices = append(choices, choice)
		}
	}
	if len(choices) == 0 {
		return nil, usage("no model is here: run 'greenfill model pull'")
	}
	return choices, nil
}

func printRows(w io.Writer, rows []bench.Row) {
	fmt.Fprintf(w, "\n%-20s %-10s %10s %10s %6s %6s %6s\n", rows[0].Model, "kernel", "ours", "llama.cpp", "ratio", "limit", "spread")
	for _, r := range rows {
		show := func(v float64) string { return fmt.Sprintf("%.1f", v) }
		if r.Unit == "bytes" {
			show = func(v float64) string { return catalog.FormatSize(int64(v)) }
		}
		cells := [3]string{}
		if r.Peer != nil {
			cells[0], cells[1] = show(*r.Peer), fmt.Sprintf("%.2f", *r.Ratio)
		}
		if r.LimitFraction != nil {
			cells[2] = fmt.Sprintf("%.0f %%", 100**r.LimitFraction)
		}
		fmt.Fprintf(w, "%-20s %-10s %10s %10s %6s %6s %4.0f %%\n", r.Test+" "+r.Unit, r.Kernel, show(r.Ours), cells[0], cells[1], cells[2], 100*r.Spread)
	}
}

type benchPerplexityCmd struct {
	Model   string `help:"Model: a name from 'greenfill model list', or the path of a GGUF file." placeholder:"M" env:"GREENFILL_MODEL"`
	Threads int    `help:"Threads; 0 means one per core." default:"0" placeholder:"N"`
	Window  int    `help:"Tokens per chunk." default:"512" placeholder:"N"`
	Text    string `arg:"" type:"existingfile" name:"FILE" help:"The text."`
}

func (c *benchPerplexityCmd) Run(e *env) error {
	text, err := os.ReadFile(c.Text)
	if err != nil {
		return usage("cannot read %s: %v", c.Text, reason(err))
	}
	choice, err := catalog.Choose(c.Model)
	if err != nil {
		return err
	}
	m, err := engine.Open(e.ctx, choice.Path, engine.Options{Threads: c.Threads})
	if err != nil {
		return err
	}
	defer m.Close()
	p, err := m.Perplexity(e.ctx, string(text), c.Window, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%s: perplexity %.4f ± %.4f (%d chunks of %d tokens, %d scored)\n", choice.Name, p.Value, p.Error, p.Chunks, c.Window, p.Scored)
	return nil
}
