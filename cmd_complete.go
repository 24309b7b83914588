package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"greenfill/completion"
	"greenfill/engine"
	"greenfill/parser"
)

// samplingFlags are shared by the subcommands that draw samples.
type samplingFlags struct {
	Model       string  `help:"Model: a name from 'greenfill model list', or the path of a GGUF file." placeholder:"M" env:"GREENFILL_MODEL"`
	Samples     int     `help:"Bodies to draw per function." default:"16" placeholder:"N"`
	Temperature float64 `help:"How freely they are drawn; 0 takes the likeliest, once." default:"0.8" placeholder:"T"`
	Seed        uint64  `help:"Same model, file, seed and samples: same answer." default:"1" placeholder:"S"`
	Threads     int     `help:"Threads of the engine; 0 means one per core." default:"0" placeholder:"N"`
}

func (f samplingFlags) validate() error {
	switch {
	case f.Samples < 1 || f.Samples > 10000:
		return usage("--samples is %d: give a number from 1 to 10000", f.Samples)
	case !(f.Temperature >= 0 && f.Temperature <= 10):
		return usage("--temperature is %g: give a number from 0 to 10", f.Temperature)
	}
	return nil
}

func (f samplingFlags) sampling() engine.Sampling {
	s := completion.DefaultSampling()
	s.Temperature, s.Seed = f.Temperature, f.Seed
	return s
}

type pythonFlag struct {
	Python string `help:"Python to run bodies with; default: the virtual environment beside the file or in its project, else python3." placeholder:"P" env:"GREENFILL_PYTHON"`
}

type completeCmd struct {
	samplingFlags
	pythonFlag
	All   bool   `help:"Show every spelling of each behaviour, and the bodies that failed, and why."`
	JSON  bool   `help:"Print one JSON object per function." name:"json"`
	Write bool   `help:"Put the best body of each function into the file."`
	Proof string `help:"Save how the bodies came about, for 'greenfill check --proof FILE'." placeholder:"FILE"`
	File  string `arg:"" name:"FILE[:LINE[:COL]]" help:"The file, or a place inside the function."`

	again *completion.Proof // whose bodies are to be found again, or nil
}

func (c *completeCmd) Run(e *env) error {
	if err := c.validate(); err != nil {
		return err
	}
	if c.Proof != "" { // said before any time is spent, not after
		if info, err := os.Stat(filepath.Dir(c.Proof)); err != nil || !info.IsDir() {
			return usage("--proof %s: there is no folder %s", c.Proof, filepath.Dir(c.Proof))
		}
	}
	t, err := openTarget(c.File)
	if err != nil {
		return err
	}
	names, err := unwrittenIn(t)
	if err != nil {
		return err
	}
	parts, err := openParts(e, c.samplingFlags)
	if err != nil {
		return err
	}
	defer parts.Close()

	text, failed, code, err := c.fill(e, parts, t, names)
	if err != nil {
		return err
	}
	if c.Write && failed < len(names) {
		if err := replaceFile(t, text); err != nil {
			return err
		}
	}
	if c.Proof != "" && failed < len(names) {
		if err := c.writeProof(e, parts, t, text, names); err != nil {
			return err
		}
	}
	if code != exitPassed {
		return exitCode(code)
	}
	return nil
}

// fill completes the named functions one after the other, and returns the text with those
// that passed in it, how many did not, and the exit code that this calls for.
func (c *completeCmd) fill(e *env, parts *parts, t *target, names []string) (text []byte, failed, code int, err error) {
	text, code = t.source, exitPassed
	for _, name := range names {
		// A function is completed in the file as it is with those before it filled in.
		file := t.file(text)
		spec := specNamed(file, name)
		if fn := completion.FunctionNamed(file, name); spec == nil && fn != nil && fn.Written {
			continue // together with one before it
		}
		if spec == nil || hopeless(e, t, spec) {
			failed, code = failed+1, max(code, exitFailed)
			continue
		}
		filled, err := c.complete(e, parts, t, file, spec)
		var o *completion.Obstacle
		switch {
		case errors.As(err, &o) && o.Verdict.Line > 0:
			// Something in the file is in the way of this one; the others may be completed.
			fmt.Fprintf(e.stderr, "greenfill: %s: %s: %v\n", t.path, name, err)
			failed, code = failed+1, exitUsage
		case err != nil:
			return nil, 0, 0, err
		case filled == nil:
			failed, code = failed+1, max(code, exitFailed)
		default:
			text = filled
		}
	}
	return text, failed, code, nil
}

// complete completes one function of a file, with its helpers and partners where they are
// unwritten, too, prints what it came to, and returns the file with the best bodies in it, nil if
// nothing passed.
func (c *completeCmd) complete(e *env, p *parts, t *target, file *parser.File, spec *parser.Spec) ([]byte, error) {
	if c.again != nil {
		if text, err := c.find(e, p, t, file, spec); text != nil || err != nil {
			return text, err
		}
	}
	sought := completion.SpeaksOfHelpers(file, spec)
	if sought {
		if text, err := c.together(e, p, t, file, spec, nil); text != nil || err != nil {
			return text, err
		}
	}
	r, err := c.run(e, p, t, spec)
	if err == nil && len(r.Completions) == 0 && !sought { // the same bodies combine no better a second time
		if text, err := c.together(e, p, t, file, spec, r); text != nil || err != nil {
			return text, err
		}
	}
	if len(r.Candidates) > 0 || err == nil {
		if c.JSON {
			printJSON(e.stdout, completeAnswer(t, r, p.model, c.Seed))
		} else {
			printCompletions(e.stdout, r, c.All)
		}
	}
	if err != nil || len(r.Completions) == 0 {
		return nil, err
	}
	best := r.Completions[0]
	tellIdle(e, t, file, spec, best)
	return best.Fill(file, spec), nil
}

// together completes a function with unwritten helpers that have no checks of their own,
// and with those that some check needs beside it.
func (c *completeCmd) together(e *env, p *parts, t *target, file *parser.File, spec *parser.Spec, known *completion.Result) ([]byte, error) {
	joint, err := p.completer.CompleteTogether(e.ctx, file, c.job(t, spec), known)
	if joint == nil || err != nil {
		return nil, err
	}
	if c.JSON {
		printJSON(e.stdout, jointAnswer(t, joint, p.model, c.Seed))
	} else {
		printJoint(e.stdout, joint)
	}
	tellIdle(e, t, file, spec, joint.Completions...)
	return joint.Text, nil
}

// tellIdle says which helpers of a function stay unwritten although its spec names them.
func tellIdle(e *env, t *target, file *parser.File, spec *parser.Spec, written ...completion.Completion) {
	for _, h := range completion.IdleHelpers(file, spec, written...) {
		fmt.Fprintf(e.stderr, "greenfill: %s: %s stays unwritten: the body of %s does not use it, and it has no checks of its own\n", t.path, h.Name, spec.Name)
	}
}

func (c *completeCmd) job(t *target, spec *parser.Spec) completion.Job {
	return completion.Job{
		Spec:      spec,
		Budget:    completion.Budget{Samples: c.Samples},
		Sampling:  c.sampling(),
		Workspace: t.workspace(c.Python),
		Modules:   t.modules(),
	}
}

// run runs one job, with a progress bar where someone looks at it.
func (c *completeCmd) run(e *env, p *parts, t *target, spec *parser.Spec) (*completion.Result, error) {
	bar := newBar(e.stderr, spec.QualifiedName, c.Samples)
	defer bar.Close()
	passed := 0
	return p.completer.Complete(e.ctx, c.job(t, spec), func(ev completion.Event) {
		if ev.Result != nil {
			passed = len(ev.Result.Completions)
		}
		bar.Set(ev.Samples, fmt.Sprintf("%s: %d passed", spec.QualifiedName, passed))
	})
}

// unwrittenIn names the functions to complete: the one at the place, or all that have
// checks.
func unwrittenIn(t *target) ([]string, error) {
	file := t.file(t.source)
	if t.line > 0 {
		spec := file.SpecAt(t.offset)
		if spec == nil {
			spec = file.MissingAt(t.offset)
		}
		switch {
		case spec == nil && file.FunctionAt(t.offset) != nil:
			return nil, usage("the function at %s:%d is written already; empty its body, or put 'pass' or '...' in its place", t.path, t.line)
		case spec == nil:
			return nil, usage("there is no unwritten function at %s:%d", t.path, t.line)
		case len(spec.Checks) == 0:
			return nil, noChecks(t, spec.QualifiedName)
		}
		return []string{spec.QualifiedName}, nil
	}
	specs := parser.Order(toWrite(file))
	if len(specs) == 0 {
		return nil, usage("%s has no unwritten function: one whose body is missing, 'pass', '...' or 'raise NotImplementedError'", t.path)
	}
	var names []string
	for _, s := range specs {
		if len(s.Checks) > 0 {
			names = append(names, s.QualifiedName)
		}
	}
	if len(names) == 0 {
		return nil, noChecks(t, specs[0].QualifiedName)
	}
	return names, nil
}

// hopeless tells the user what is wrong with a spec's checks, and says whether no body
// could ever pass, so that no time is to be spent on it.
func hopeless(e *env, t *target, spec *parser.Spec) bool {
	hopeless := false
	for _, p := range spec.Problems() {
		path := p.Path
		if path == "" {
			path = t.path
		}
		fmt.Fprintf(e.stderr, "greenfill: %s:%d: %s\n", path, p.Line, p.Message)
		hopeless = hopeless || p.Kind == parser.ProblemContradiction || p.Kind == parser.ProblemArity
	}
	return hopeless
}

func noChecks(t *target, name string) error {
	return usage("nothing in %s says what %s must do: add an assert that calls it, such as 'assert %s(...) == ...'", t.path, name, name)
}

func specNamed(file *parser.File, name string) *parser.Spec {
	for _, s := range toWrite(file) {
		if s.QualifiedName == name {
			return s
		}
	}
	return nil
}

// toWrite are the unwritten functions of a file, and those that its checks call and
// nobody defines.
func toWrite(file *parser.File) []*parser.Spec { return append(file.Specs(), file.Missing()...) }
