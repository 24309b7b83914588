package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"greenfill/completion/eval"
)

type benchCmd struct {
	MBPP       benchMBPPCmd       `cmd:"" name:"mbpp" help:"Tasks solved, share of samples that pass, and pass@k on rows of MBPP."`
	Engine     benchEngineCmd     `cmd:"" help:"Speed of the model: prompt, and samples drawn as one batch."`
	Sandbox    benchSandboxCmd    `cmd:"" help:"What the verdict on a candidate costs."`
	LSP        benchLSPCmd        `cmd:"" name:"lsp" help:"Delays of the language server on a long file."`
	Perplexity benchPerplexityCmd `cmd:"" help:"Perplexity of a text, as llama-perplexity counts it."`
}

type benchMBPPCmd struct {
	samplingFlags
	pythonFlag
	Data     string `required:"" type:"existingfile" help:"Rows of MBPP as JSON lines." placeholder:"FILE"`
	Form     string `enum:"editor,paper" default:"editor" help:"editor: each task as a file with a signature, a docstring and asserts; paper: the paper's three-example prompt."`
	Distinct bool   `help:"Draw without replacement: no body comes twice. There is no pass@k then."`
	Limit    int    `help:"Only the first so many tasks." placeholder:"K"`
	Out      string `help:"Keep outcomes in a file of JSON lines; a run with the same settings goes on from there." placeholder:"FILE"`
	JSON     bool   `help:"Print the report as one JSON object." name:"json"`
}

func (c *benchMBPPCmd) Run(e *env) error {
	if err := c.validate(); err != nil {
		return err
	}
	data, err := eval.Load(c.Data)
	if err != nil {
		return err
	}
	var examples []eval.Task
	if c.Form == "paper" {
		if examples, err = eval.Examples(data, c.Data); err != nil {
			return err
		}
	}
	parts, err := openParts(e, c.samplingFlags)
	if err != nil {
		return err
	}
	defer parts.Close()
	s := c.sampling()
	bench := eval.Bench{
		Settings: eval.Settings{
			Model: parts.model, Form: c.Form, Samples: c.Samples,
			Temperature: s.Temperature, TopP: s.TopP, Seed: s.Seed, Distinct: c.Distinct, Data: data.SHA256,
		},
		Data: data, Examples: examples, Limit: c.Limit, Out: c.Out,
		Completer: parts.completer, Python: c.Python,
		Progress: benchProgress(e.stderr),
	}
	report, err := bench.Run(e.ctx)
	if err != nil && report.Tasks == 0 {
		return err
	}
	if c.JSON {
		printJSON(e.stdout, report)
	} else {
		printReport(e.stdout, report, data.Known)
	}
	return err
}

// benchProgress shows how a benchmark goes on: as one line that changes on a terminal, as
// a line every ten tasks elsewhere.
func benchProgress(w io.Writer) func(done, total int, last eval.Outcome, left time.Duration) {
	solved, passing, samples := 0, 0, 0
	return func(done, total int, last eval.Outcome, left time.Duration) {
		if last.Passing > 0 {
			solved++
		}
		passing += last.Passing
		samples += last.Samples
		line := fmt.Sprintf("%d of %d tasks; this run: %d solved, %d of %d samples passed; %s left",
			done, total, solved, passing, samples, left.Round(time.Second))
		switch {
		case isTerminal(w):
			fmt.Fprintf(w, "\r\x1b[K%s", line)
			if done == total {
				fmt.Fprintln(w)
			}
		case done%10 == 0 || done == total:
			fmt.Fprintln(w, line)
		}
	}
}

func printReport(w io.Writer, r eval.Report, split string) {
	what := "tasks"
	if split != "" {
		what = "tasks of MBPP's " + split + " split"
	}
	fmt.Fprintf(w, "%s, %s form, %d %s, %d samples each at temperature %g, seed %d\n",
		r.Settings.Model, r.Settings.Form, r.Tasks, what, r.Settings.Samples, r.Settings.Temperature, r.Settings.Seed)
	fmt.Fprintf(w, "solved by any sample  %d of %d, %.1f %% (95 %% interval %.1f to %.1f, Wilson)\n",
		r.Solved, r.Tasks, percent(r.Solved, r.Tasks), 100*r.Interval[0], 100*r.Interval[1])
	fmt.Fprintf(w, "samples that pass     %d of %d, %.1f %%\n", r.Passing, r.Samples, percent(r.Passing, r.Samples))
	var at []string
	for _, k := range slices.Sorted(maps.Keys(r.PassAt)) {
		at = append(at, fmt.Sprintf("@%d %.1f %%", k, 100*r.PassAt[k]))
	}
	if len(at) > 0 {
		fmt.Fprintf(w, "pass (unbiased)       %s\n", strings.Join(at, ", "))
	}
	kinds := slices.SortedFunc(maps.Keys(r.Failures), func(a, b string) int { return r.Failures[b] - r.Failures[a] })
	var failed []string
	for _, k := range kinds {
		failed = append(failed, fmt.Sprintf("%s %d", k, r.Failures[k]))
	}
	fmt.Fprintf(w, "failures              %s\n", strings.Join(failed, ", "))
	fmt.Fprintf(w, "speed                 %.0f sampled tokens a second, prompts included\n", r.Speed)
	for _, id := range slices.Sorted(maps.Keys(r.Left)) {
		fmt.Fprintf(w, "left out              task %s: %s\n", id, r.Left[id])
	}
}

func percent(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(n) / float64(of)
}
