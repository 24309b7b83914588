package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"greenfill/completion"
	"greenfill/engine/catalog"
	"greenfill/parser"
)

// writeProof saves how the names of t came to be written as they are in text.
func (c *completeCmd) writeProof(e *env, parts *parts, t *target, text []byte, names []string) error {
	model, err := catalog.Sum(e.ctx, parts.path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", c.Proof, err)
	}
	sampling := c.sampling()
	p := &completion.Proof{
		Greenfill: version, File: t.abs, Dir: t.dir, Text: string(text), Python: parts.completer.Interpreter(e.ctx, t.dir, t.python(c.Python)),
		Drawn: &completion.Drawing{Source: string(t.source), Model: parts.model, ModelHash: model, Samples: c.Samples,
			Temperature: sampling.Temperature, TopP: sampling.TopP, Seed: sampling.Seed},
	}
	p.AddTests(t.tests)
	for _, name := range names {
		p.AddFunction(name) // what is still unwritten stays out
	}
	return p.Save(c.Proof)
}

// proofTarget is what the proof at path speaks of: not the files on disk, but those that
// it holds. What these import does lie on disk.
func proofTarget(path string, p *completion.Proof, source string) *target {
	t := &target{path: filepath.Base(p.File), abs: p.File, dir: workspaceOf(path, p), source: []byte(source), tests: p.TestFiles()}
	if below, err := filepath.Rel(p.Dir, filepath.Dir(p.File)); err == nil && filepath.IsLocal(below) {
		t.below = below
	}
	for i := range t.tests { // their imports, too, go by where they lie
		if below, err := filepath.Rel(p.Dir, t.tests[i].Path); err == nil && filepath.IsLocal(below) {
			t.tests[i].Path = filepath.Join(t.dir, below)
		}
	}
	return t
}

// workspaceOf is the folder from which the code of the proof at path may import. Whoever
// made the proof must not choose what is read on this machine: it is the folder that the
// proof names if the user stands in it, else the one with the same place above the proof
// as above its file then, inside the same project, the project that the proof lies in if
// it has that file, else the proof's own folder.
func workspaceOf(path string, p *completion.Proof) string {
	if here, err := os.Getwd(); err == nil && here == p.Dir {
		return here
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	beside := filepath.Dir(path)
	below, err := filepath.Rel(p.Dir, filepath.Dir(p.File))
	if err != nil || !filepath.IsLocal(below) {
		return beside
	}
	project := workspaceFor(beside)
	if above, ok := strings.CutSuffix(beside, string(filepath.Separator)+below); ok && below != "." && len(above) >= len(project) {
		return above
	}
	place := filepath.Join(below, filepath.Base(p.File))
	if !exists(filepath.Join(beside, place)) && exists(filepath.Join(project, place)) {
		return project
	}
	return beside
}

// proof runs the checks of a proof's functions, and draws its samples again if asked to.
func (c *checkCmd) proof(e *env) error {
	p, err := completion.ReadProof(c.Proof)
	if err != nil {
		return err
	}
	if c.Resample && p.Drawn == nil {
		return usage("%s holds no samples that could be drawn again: check it without --resample", c.Proof)
	}
	after := proofTarget(c.Proof, p, p.Text)
	file := after.file(after.source)
	var specs []*parser.Spec
	for _, f := range p.Functions {
		specs = append(specs, completion.FunctionNamed(file, f.Name).Spec) // ReadProof has seen to it
	}
	if err := c.check(e, after, specs, p.Python.Version); err != nil || !c.Resample {
		return err
	}
	return c.resample(e, p)
}

// resample draws a proof's samples again, and says whether they came to the same text.
func (c *checkCmd) resample(e *env, p *completion.Proof) error {
	d := p.Drawn
	again := completeCmd{pythonFlag: c.pythonFlag, again: p,
		samplingFlags: samplingFlags{Model: cmp.Or(c.Model, d.Model), Samples: d.Samples, Temperature: d.Temperature, Seed: d.Seed}}
	if top := again.sampling().TopP; d.TopP != top {
		return usage("its samples were drawn with a top-p of %g, and this Greenfill draws with %g", d.TopP, top)
	}
	parts, err := openParts(e, again.samplingFlags)
	if err != nil {
		return err
	}
	defer parts.Close()
	model, err := catalog.Sum(e.ctx, parts.path)
	if err != nil {
		return err
	}
	if model != d.ModelHash {
		return usage("the model %s here is another one than the proof's: its sha256 is %s", d.Model, model)
	}
	var names []string
	for _, f := range p.Functions {
		names = append(names, f.Name)
	}
	text, _, _, err := again.fill(&env{e.ctx, io.Discard, io.Discard}, parts, proofTarget(c.Proof, p, d.Source), names)
	switch {
	case err != nil:
		return err
	case string(text) != p.Text:
		fmt.Fprintln(e.stdout, "drawn again: another text")
		if p.Greenfill != version {
			fmt.Fprintf(e.stderr, "note: the proof was made by greenfill %s, this is %s\n", p.Greenfill, version)
		}
		return exitCode(exitFailed)
	}
	fmt.Fprintln(e.stdout, "drawn again: the same text")
	return nil
}

// find writes a function as the proof says that it was written, if that is among what
// passes; a user of an editor may have taken another body than the best, and the editor
// tries a function by itself before its helpers come in. It is nil if nothing is found.
func (c *completeCmd) find(e *env, p *parts, t *target, file *parser.File, spec *parser.Spec) ([]byte, error) {
	r, err := c.run(e, p, t, spec)
	if err != nil {
		return nil, err
	}
	name := spec.QualifiedName
	for _, found := range r.Completions {
		if text := found.Fill(file, spec); c.proven(t, text, name) {
			return text, nil
		}
	}
	joint, err := p.completer.CompleteTogether(e.ctx, file, c.job(t, spec), r)
	if joint == nil || err != nil || !c.proven(t, joint.Text, name) {
		return nil, err
	}
	for _, part := range joint.Completions { // the helpers are named nowhere else
		if !strings.Contains(c.again.Text, part.Text()) {
			return nil, nil
		}
	}
	return joint.Text, nil
}

// proven says whether a function stands in a text with the body that the proof has.
func (c *completeCmd) proven(t *target, text []byte, name string) bool {
	fn := completion.FunctionNamed(t.file(text), name)
	return fn != nil && slices.ContainsFunc(c.again.Functions, func(f completion.ProofFunction) bool {
		return f.Name == name && f.Body == string(text[fn.Spec.Hole.Start:fn.Spec.Hole.End])
	})
}
