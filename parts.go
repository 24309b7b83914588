package main

import (
	"fmt"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/engine/catalog"
)

// parts are what a completion needs: a model that is loaded, and a sandbox.
type parts struct {
	model     string // its name
	path      string // of its file
	engine    *engine.Model
	runner    *sandbox.Runner
	completer *completion.Completer
}

// openParts loads the model that the flags name, or the one that suits the machine.
func openParts(e *env, f samplingFlags) (*parts, error) {
	choice, err := catalog.Choose(f.Model)
	if err != nil {
		return nil, err
	}
	if choice.Note != "" {
		fmt.Fprintln(e.stderr, choice.Note)
	}
	runner, err := sandbox.New(sandbox.Options{})
	if err != nil {
		return nil, err
	}
	bar := newBar(e.stderr, "loading "+choice.Name, 100)
	model, err := engine.Open(e.ctx, choice.Path, engine.Options{
		Threads:  f.Threads,
		Progress: func(share float64) { bar.Set(int(100*share), "loading "+choice.Name) },
	})
	bar.Close()
	if err != nil {
		runner.Close()
		return nil, err
	}
	return &parts{model: choice.Name, path: choice.Path, engine: model, runner: runner, completer: newCompleter(choice.Name, model, runner)}, nil
}

// newCompleter joins a model and a sandbox.
func newCompleter(name string, m *engine.Model, r *sandbox.Runner) *completion.Completer {
	return completion.New(m, r, completion.Options{Model: name, Form: completion.FormFor(m)})
}

// Close ends the sandbox's processes and frees the model.
func (p *parts) Close() {
	p.runner.Close()
	p.engine.Close() // it is only read: there is nothing to lose
}
