package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/engine/catalog"
	"greenfill/parser"
)

// A proof is all that a completion came of, and what came of it: who has the same model
// draws the same samples, and everybody can run the checks again.
type proof struct {
	Greenfill   string        `json:"greenfill"` // version
	File        string        `json:"file"`
	Source      string        `json:"source"` // before
	Text        string        `json:"text"`   // after
	Tests       []proofTest   `json:"tests"`  // files of tests beside it
	Data        string        `json:"data_sha256"`
	Functions   []proofedSpec `json:"functions"`
	Model       string        `json:"model"`
	ModelHash   string        `json:"model_sha256"`
	Samples     int           `json:"samples"`
	Temperature float64       `json:"temperature"`
	TopP        float64       `json:"top_p"`
	Seed        uint64        `json:"seed"`
	Python      string        `json:"python"` // the interpreter's path
}

type proofTest struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

type proofedSpec struct {
	Name   string   `json:"name"`
	Body   string   `json:"body"`
	Checks []string `json:"checks"`
}

// hash is the sha256 of source, text and tests, which the proof's verdict speaks of.
func (p *proof) hash() string {
	h := sha256.New()
	for _, part := range []string{p.File, p.Source, p.Text} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	for _, t := range p.Tests {
		fmt.Fprintf(h, "%d:%s%d:%s", len(t.Path), t.Path, len(t.Text), t.Text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writeProof saves how the names of t came to be written as they are in text.
func (c *completeCmd) writeProof(e *env, parts *parts, t *target, text []byte, names []string) error {
	model, err := catalog.Sum(e.ctx, parts.path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", c.Proof, err)
	}
	p := &proof{Greenfill: version, File: t.abs, Source: string(t.source), Text: string(text), Model: parts.model,
		ModelHash: model, Samples: c.Samples, Temperature: c.Temperature, TopP: c.sampling().TopP, Seed: c.Seed,
		Python: interpreter(c.Python, t.dir)}
	for _, test := range t.tests {
		p.Tests = append(p.Tests, proofTest{test.Path, string(test.File.Source())})
	}
	p.Data = p.hash()
	for _, name := range names {
		fn := completion.FunctionNamed(t.file(text), name)
		if fn == nil || !fn.Written {
			continue
		}
		f := proofedSpec{Name: name, Body: string(text[fn.Spec.Hole.Start:fn.Spec.Hole.End])}
		for _, check := range fn.Spec.Checks {
			f.Checks = append(f.Checks, check.Code)
		}
		p.Functions = append(p.Functions, f)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("writing %s: %w", c.Proof, err)
	}
	return os.WriteFile(c.Proof, b.Bytes(), 0o644)
}

// readProof reads a proof and the target that it speaks of: not the files on disk, but
// those that it holds.
func readProof(path string) (*proof, *target, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, usage("cannot read %s: %v", path, reason(err))
	}
	p := new(proof)
	if err := json.Unmarshal(raw, p); err != nil {
		return nil, nil, usage("%s is no proof: %v", path, err)
	}
	if p.Data != p.hash() || len(p.Functions) == 0 {
		return nil, nil, usage("%s is no proof: its hash is not that of what it holds", path)
	}
	t := &target{path: filepath.Base(p.File), abs: p.File, dir: filepath.Dir(p.File), source: []byte(p.Source)}
	for _, test := range p.Tests {
		t.tests = append(t.tests, parser.TestFile{Path: test.Path, File: parser.Parse([]byte(test.Text))})
	}
	return p, t, nil
}

// resample draws a proof's samples again, and says whether they came to the same text.
func (c *checkCmd) resample(e *env, p *proof, t *target) error {
	again := completeCmd{pythonFlag: c.pythonFlag, samplingFlags: samplingFlags{Model: p.Model, Samples: p.Samples, Temperature: p.Temperature, Seed: p.Seed}}
	parts, err := openParts(e, again.samplingFlags)
	if err != nil {
		return err
	}
	defer parts.Close()
	model, err := catalog.Sum(e.ctx, parts.path)
	if err != nil {
		return err
	}
	if model != p.ModelHash {
		return usage("the model %s here is another one than the proof's: its sha256 is %s", p.Model, model)
	}
	var names []string
	for _, f := range p.Functions {
		names = append(names, f.Name)
	}
	text, _, _, err := again.fill(&env{e.ctx, io.Discard, io.Discard}, parts, t, names)
	switch {
	case err != nil:
		return err
	case string(text) != p.Text:
		fmt.Fprintln(e.stdout, "drawn again: another text")
		return exitCode(exitFailed)
	}
	fmt.Fprintln(e.stdout, "drawn again: the same text")
	return nil
}

// interpreter is the path of the Python that bodies are run with; "" if there is none.
func interpreter(named, dir string) string {
	if named != "" {
		return named
	}
	path, err := sandbox.FindPython(dir)
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
