package main

import (
	"context"
	"fmt"
	"time"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

type benchLSPCmd struct {
	Lines   int  `help:"Lines of the file." default:"10000" placeholder:"N"`
	Times   int  `help:"How often each is measured." default:"1000" placeholder:"N"`
	Seconds int  `help:"Seconds of typing, 200 changes each." default:"60" placeholder:"N"`
	JSON    bool `help:"Print a JSON array of rows." name:"json"`
}

type lspRowJSON struct {
	Test    string  `json:"test"`
	Unit    string  `json:"unit"`
	Times   int     `json:"times"`
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
	Bound   float64 `json:"bound,omitempty"`
	Reached bool    `json:"reached"`
}

// Run measures the server and the wire. The model is a script and the sandbox is real:
// what is measured must not depend on either.
func (c *benchLSPCmd) Run(e *env) error {
	if c.Lines < 100 || c.Times < 1 || c.Seconds < 1 {
		return usage("--lines must be 100 or more, --times and --seconds 1 or more")
	}
	runner, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return err
	}
	defer runner.Close()
	s := service{runner: runner}
	completer := completion.New(plusOne{}, runner, completion.Options{Model: "script"})
	rows, err := lsptest.Bench(e.ctx, lsp.Options{
		Version: version, Doctor: s.doctor, Models: s.models, Pull: s.pull, Sandbox: s.sandbox,
		Model: func(context.Context, lsp.ModelOptions, func(float64)) (*lsp.Loaded, error) {
			return &lsp.Loaded{Name: "script", Completer: completer}, nil
		},
		Machine: func() lsp.Machine { return lsp.Machine{} },
	}, lsptest.Load{Lines: c.Lines, Times: c.Times, Seconds: c.Seconds})
	if err != nil {
		return err
	}
	all := []lspRowJSON{}
	reached := true
	for _, r := range rows {
		ms := func(d time.Duration) float64 { return 1000 * d.Seconds() }
		all = append(all, lspRowJSON{r.Name, "ms", r.Times, ms(r.P50), ms(r.P99), ms(r.Max), ms(r.Bound), r.OK()})
		reached = reached && r.OK()
	}
	if c.JSON {
		printJSON(e.stdout, all)
	} else {
		for _, r := range all {
			bound := ""
			if r.Bound > 0 {
				bound = fmt.Sprintf("   bound %.0f", r.Bound)
			}
			fmt.Fprintf(e.stdout, "%-62s p50 %7.2f ms   p99 %7.2f   max %7.2f%s\n", r.Test, r.P50, r.P99, r.Max, bound)
		}
	}
	if !reached {
		return exitCode(exitFailed)
	}
	return nil
}

// plusOne is a Sampler that knows one body.
type plusOne struct{}

func (plusOne) Sample(_ context.Context, req engine.Request, yield func(engine.Sample) bool) (engine.Stats, error) {
	for i := range req.Samples {
		if !yield(engine.Sample{Index: i, Text: "    return x + 1\n", Reason: engine.StopEnd}) {
			break
		}
	}
	return engine.Stats{}, nil
}
