package main

import (
	"fmt"
	"os"
	"slices"

	"greenfill/engine"
	"greenfill/engine/catalog"
)

type benchEngineCmd struct {
	Model   string `help:"Model: a name from 'greenfill model list', or the path of a GGUF file." placeholder:"M" env:"GREENFILL_MODEL"`
	Threads int    `help:"Threads; 0 means one per core." default:"0" placeholder:"N"`
	Count   int    `help:"How often to measure each; the median is printed." default:"3" placeholder:"C"`
	JSON    bool   `help:"Print one JSON object." name:"json"`
}

type engineReport struct {
	Model     string             `json:"model"`
	Kernel    string             `json:"kernel"`
	Threads   int                `json:"threads"`
	ReadyMS   int64              `json:"ready_ms"`
	Resident  int64              `json:"resident_bytes"`
	PerSecond map[string]float64 `json:"tokens_per_second"`
}

func (c *benchEngineCmd) Run(e *env) error {
	if c.Count < 1 {
		return usage("--count is %d: give a number from 1", c.Count)
	}
	choice, err := catalog.Choose(c.Model)
	if err != nil {
		return err
	}
	options := engine.Options{Threads: c.Threads}
	start, err := engine.MeasureStartUp(e.ctx, choice.Path, options)
	if err != nil {
		return err
	}
	m, err := engine.Open(e.ctx, choice.Path, options)
	if err != nil {
		return err
	}
	defer m.Close()
	info := m.Info()
	report := engineReport{choice.Name, info.Kernel, info.Threads, start.Ready.Milliseconds(), start.Resident, map[string]float64{}}
	if !c.JSON {
		fmt.Fprintf(e.stdout, "%s, kernel %s, %s; ready after %d ms, %s resident\n", report.Model, report.Kernel,
			count(report.Threads, "thread", "threads"), report.ReadyMS, catalog.FormatSize(report.Resident))
	}
	for _, measure := range engine.Measures() {
		var runs []float64
		for range c.Count {
			speed, err := measure.Run(e.ctx, m)
			if err != nil {
				return err
			}
			runs = append(runs, speed)
		}
		slices.Sort(runs)
		report.PerSecond[measure.Name] = runs[len(runs)/2]
		if !c.JSON {
			fmt.Fprintf(e.stdout, "%-12s %7.1f tokens/s  (%.1f to %.1f)\n", measure.Name, runs[len(runs)/2], runs[0], runs[len(runs)-1])
		}
	}
	if c.JSON {
		printJSON(e.stdout, report)
	}
	return nil
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
