package main

import (
	"fmt"
	"time"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/parser"
)

type checkCmd struct {
	pythonFlag
	JSON     bool   `help:"Print one JSON object per function." name:"json"`
	Proof    string `help:"Run the checks of a proof that 'greenfill complete --proof' saved, on the text that it holds." placeholder:"FILE"`
	Resample bool   `help:"With --proof: draw the samples again, and say whether they come to the same text."`
	Model    string `help:"With --resample: the model, if the proof was made with one that is not of 'greenfill model list'." placeholder:"M"`
	File     string `arg:"" optional:"" name:"FILE[:LINE]" help:"The file, or a line inside the function."`
}

func (c *checkCmd) Run(e *env) error {
	if (c.File == "") == (c.Proof == "") || c.Resample && c.Proof == "" {
		return usage("give a file to check, or a proof with --proof FILE")
	}
	if c.Proof != "" {
		return c.proof(e)
	}
	t, err := openTarget(c.File)
	if err != nil {
		return err
	}
	specs, err := writtenIn(t)
	if err != nil {
		return err
	}
	return c.check(e, t, specs, "")
}

// check runs functions against their checks and prints each verdict. It notes when the
// interpreter is not of the version that a proof was made with; "" is any.
func (c *checkCmd) check(e *env, t *target, specs []*parser.Spec, version string) error {
	runner, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return err
	}
	defer runner.Close()
	checker := completion.New(nil, runner, completion.Options{})
	if version != "" {
		if here := checker.Interpreter(e.ctx, t.dir, t.python(c.Python)).Version; here != "" && here != version {
			fmt.Fprintf(e.stderr, "note: the proof was made with Python %s, this is %s\n", version, here)
		}
	}

	failed := 0
	for _, spec := range specs {
		started := time.Now()
		v := checker.Check(e.ctx, spec, t.workspace(c.Python))
		if e.ctx.Err() != nil {
			return e.ctx.Err()
		}
		if v.Status == sandbox.SandboxUnavailable || v.Status == sandbox.PreludeFailed && v.Line == 0 {
			return &completion.Obstacle{Verdict: v} // nothing ran, and nothing will
		}
		if v.Status != sandbox.Passed {
			failed++
		}
		if c.JSON {
			printJSON(e.stdout, checkAnswer(t, spec, v, time.Since(started)))
		} else {
			printVerdict(e.stdout, spec, v)
		}
	}
	if failed > 0 {
		return exitCode(exitFailed)
	}
	return nil
}

// writtenIn are the functions to check: the one at the place, or all written ones that
// have checks.
func writtenIn(t *target) ([]*parser.Spec, error) {
	file := t.file(t.source)
	if t.line > 0 {
		spec := file.FunctionAt(t.offset)
		switch {
		case spec == nil:
			return nil, usage("there is no function at %s:%d", t.path, t.line)
		case len(spec.Checks) == 0:
			return nil, noChecks(t, spec.QualifiedName)
		}
		return []*parser.Spec{spec}, nil
	}
	var specs []*parser.Spec
	first := ""
	for _, s := range file.Functions() {
		if s.HoleKind != parser.HoleWritten {
			continue
		}
		if first == "" {
			first = s.QualifiedName
		}
		if len(s.Checks) > 0 {
			specs = append(specs, s)
		}
	}
	switch {
	case first == "":
		return nil, usage("%s has no written function to check", t.path)
	case len(specs) == 0:
		return nil, noChecks(t, first)
	}
	return specs, nil
}
