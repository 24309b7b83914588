package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"strings"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/engine/catalog"
	"greenfill/parser"
)

//go:embed examples/*.py
var exampleFiles embed.FS

type demoCmd struct {
	pythonFlag
	Model  string `help:"Model: a name from 'greenfill model list', or the path of a GGUF file." placeholder:"M" env:"GREENFILL_MODEL"`
	Source string `help:"Where to fetch the model from: vendor, wheels, or both in the order to be tried." placeholder:"S" env:"GREENFILL_MODEL_SOURCE"`
}

func (c *demoCmd) Run(e *env) error {
	flags := samplingFlags{Model: c.Model, Samples: 16, Temperature: completion.DefaultSampling().Temperature, Seed: 1}
	parts, err := openParts(e, flags)
	var missing *catalog.NotInstalledError
	if errors.As(err, &missing) {
		if _, err := pull(e, missing.Model, c.Source, ""); err != nil {
			return err
		}
		parts, err = openParts(e, flags)
	}
	if err != nil {
		return err
	}
	defer parts.Close()
	fmt.Fprintf(e.stdout, "The model is %s, running in this process.\n", parts.model)

	files, err := exampleFiles.ReadDir("examples")
	if err != nil {
		return err
	}
	asked, completed := 0, 0
	for _, f := range files {
		source, err := exampleFiles.ReadFile("examples/" + f.Name())
		if err != nil {
			return err
		}
		for _, spec := range parser.Parse(source).Specs() {
			if len(spec.Checks) == 0 {
				continue
			}
			asked++
			ok, err := c.show(e, parts, flags, f.Name(), spec)
			if err != nil {
				return err
			}
			if ok {
				completed++
			}
		}
	}
	fmt.Fprintf(e.stdout, "\n%d of %d functions were completed with bodies that passed all their checks.\n", completed, asked)
	if completed < asked {
		return exitCode(exitFailed)
	}
	fmt.Fprintln(e.stdout, "Now one of yours: greenfill complete FILE.py")
	return nil
}

// show completes one function and tells how it goes, as it happens.
func (c *demoCmd) show(e *env, p *parts, flags samplingFlags, file string, spec *parser.Spec) (bool, error) {
	w := e.stdout
	fmt.Fprintf(w, "\n── %s: the spec\n%s\n", file, strings.TrimRight(spec.Head(), "\r\n"))
	for _, check := range spec.Checks {
		if check.Kind == parser.CheckAssert || check.Kind == parser.CheckTest { // the others stand in the head
			fmt.Fprintln(w, strings.TrimRight(check.Code, "\r\n"))
		}
	}
	fmt.Fprintln(w, "── samples and their verdicts")
	r, err := p.completer.Complete(e.ctx, completion.Job{
		Spec:      spec,
		Budget:    completion.Budget{Samples: flags.Samples, Distinct: 3},
		Sampling:  flags.sampling(),
		Workspace: completion.Workspace{Python: c.Python},
	}, func(ev completion.Event) {
		if ev.Stage == completion.StageVerified {
			showVerdict(w, ev.Candidate)
		}
	})
	if err != nil {
		return false, err
	}
	if len(r.Completions) == 0 {
		fmt.Fprintf(w, "── none of %d samples passed\n", r.Samples)
		return false, nil
	}
	best := r.Completions[0]
	fmt.Fprintf(w, "── the completion: %d of %d samples, %s, %s\n%s%s%s\n", best.Agreeing(), r.Samples,
		asserts(best.Verdict()), seconds(r.Elapsed), importLines(best), ensureNewline(spec.Head()), best.Body())
	return true, nil
}

// showVerdict prints a body's first line and how it ended.
func showVerdict(w io.Writer, c *completion.Candidate) {
	lines := strings.Split(strings.TrimSpace(c.Body), "\n")
	first := strings.TrimSpace(lines[0])
	if len(lines) > 1 {
		first += fmt.Sprintf(" … %d more lines", len(lines)-1)
	}
	if c.Verdict.Status == sandbox.Passed {
		fmt.Fprintf(w, "  ✓ %s  %s\n", asserts(c.Verdict), first)
	} else {
		fmt.Fprintf(w, "  ✗ %s  %s\n      %s\n", asserts(c.Verdict), first, why(c.Verdict))
	}
}

func ensureNewline(s string) string { return strings.TrimRight(s, "\r\n") + "\n" }
