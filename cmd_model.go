package main

import (
	"fmt"
	"text/tabwriter"

	"greenfill/engine/catalog"
)

type modelCmd struct {
	List   modelListCmd   `cmd:"" help:"List the known models, and which are here."`
	Pull   modelPullCmd   `cmd:"" help:"Fetch a model, or go on fetching it."`
	Verify modelVerifyCmd `cmd:"" help:"Check the sha256 of the models that are here."`
	Path   modelPathCmd   `cmd:"" help:"Print where a model lies, or the folder of all."`
	Remove modelRemoveCmd `cmd:"" help:"Delete a model."`
}

type modelListCmd struct{}

func (modelListCmd) Run(e *env) error {
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tPARAMETERS\tSIZE\tNEEDS\tLICENCE\tHERE")
	for _, m := range catalog.Models() {
		here := "no"
		if m.Installed() {
			here = "yes"
		}
		if m.Name == catalog.Default().Name {
			here += ", the default"
		}
		fmt.Fprintf(w, "%s\t%d M\t%s\t%s\t%s\t%s\n", m.Name, m.Parameters/1e6, catalog.FormatSize(m.Size), catalog.FormatSize(m.Memory), m.Licence, here)
	}
	return w.Flush()
}

type modelPullCmd struct {
	Name   string `arg:"" optional:"" help:"The model; default: the one that suits this machine."`
	Source string `help:"Where from: vendor, wheels, or both in the order to be tried." placeholder:"S" env:"GREENFILL_MODEL_SOURCE"`
	From   string `help:"Copy it from a file, or a folder, that you have." placeholder:"FILE"`
}

func (c modelPullCmd) Run(e *env) error {
	m := catalog.Default()
	if c.Name != "" {
		var err error
		if m, err = findModel(c.Name); err != nil {
			return err
		}
	}
	path, err := pull(e, m, c.Source, c.From)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, path)
	return nil
}

// pull fetches a model, says what it is, and shows how it goes on.
func pull(e *env, m catalog.Model, source, from string) (string, error) {
	fmt.Fprintf(e.stderr, "fetching %s: %s, licence %s, by %s\n", m.Title, catalog.FormatSize(m.Size), m.Licence, m.Page)
	bar := newBytesBar(e.stderr, m.Name, m.Size)
	defer bar.Close()
	path, err := catalog.Pull(e.ctx, m, catalog.PullOptions{
		Source: source, From: from,
		Progress: bar.SetBytes,
		Note:     func(s string) { fmt.Fprintln(e.stderr, s) },
	})
	if err != nil && e.ctx.Err() != nil {
		fmt.Fprintf(e.stderr, "greenfill: %v\n", err) // what is kept, and how to go on
		return "", exitCode(exitInterrupted)
	}
	return path, err
}

func findModel(name string) (catalog.Model, error) {
	m, ok := catalog.Find(name)
	if !ok {
		return m, usage("there is no model %q: 'greenfill model list' names them", name)
	}
	return m, nil
}

type modelVerifyCmd struct {
	Name string `arg:"" optional:"" help:"The model; default: all that are here."`
}

func (c modelVerifyCmd) Run(e *env) error {
	list := catalog.Installed()
	if c.Name != "" {
		m, err := findModel(c.Name)
		if err != nil {
			return err
		}
		list = []catalog.Model{m}
	}
	if len(list) == 0 {
		return usage("no model is here; fetch one with 'greenfill model pull'")
	}
	bad := 0
	for _, m := range list {
		bar := newBytesBar(e.stderr, m.Name, m.Size)
		err := catalog.Verify(e.ctx, m, bar.SetBytes)
		bar.Close()
		switch {
		case e.ctx.Err() != nil:
			return e.ctx.Err()
		case err != nil:
			bad++
			fmt.Fprintf(e.stderr, "greenfill: %v\n", err)
		default:
			fmt.Fprintf(e.stdout, "%s: the sha256 is right\n", m.Name)
		}
	}
	if bad > 0 {
		return exitCode(exitUsage)
	}
	return nil
}

type modelPathCmd struct {
	Name string `arg:"" optional:"" help:"The model; default: the folder of all."`
}

func (c modelPathCmd) Run(e *env) error {
	if c.Name == "" {
		fmt.Fprintln(e.stdout, catalog.Dir())
		return nil
	}
	m, err := findModel(c.Name)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.stdout, m.Path())
	if !m.Installed() {
		return &catalog.NotInstalledError{Model: m}
	}
	return nil
}

type modelRemoveCmd struct {
	Name string `arg:"" help:"The model."`
}

func (c modelRemoveCmd) Run(e *env) error {
	m, err := findModel(c.Name)
	if err != nil {
		return err
	}
	here := m.Installed()
	if err := catalog.Remove(e.ctx, m); err != nil {
		return err
	}
	if here {
		fmt.Fprintf(e.stdout, "%s is removed: %s are free again\n", m.Name, catalog.FormatSize(m.Size))
	} else {
		fmt.Fprintf(e.stdout, "%s was not here\n", m.Name)
	}
	return nil
}
