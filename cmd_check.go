package main

import (
	"time"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/parser"
)

type checkCmd struct {
	pythonFlag
	JSON bool   `help:"Print one JSON object per function." name:"json"`
	File string `arg:"" name:"FILE[:LINE]" help:"The file, or a line inside the function."`
}

func (c *checkCmd) Run(e *env) error {
	t, err := openTarget(c.File)
	if err != nil {
		return err
	}
	specs, err := writtenIn(t)
	if err != nil {
		return err
	}
	runner, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return err
	}
	defer runner.Close()
	checker := completion.New(nil, runner, completion.Options{})

	failed := 0
	for _, spec := range specs {
		started := time.Now()
		v := checker.Check(e.ctx, spec, t.dir, c.Python)
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
