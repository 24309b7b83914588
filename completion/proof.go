package completion

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"greenfill/parser"
)

// ProofFormat is the format of the proofs that this package writes, and the only one that
// it reads.
const ProofFormat = 2

// A Proof says of written functions that they passed their checks, and holds all that it
// takes to see that again: everybody can run the checks, and who has the same model can
// draw the same bodies. It is no signature: its hash finds what was changed by mistake,
// and whoever means to deceive is found out by running the checks.
type Proof struct {
	Format    int             `json:"format"`
	Greenfill string          `json:"greenfill"` // version
	File      string          `json:"file"`      // its path then
	Dir       string          `json:"dir"`       // the workspace that its code could import from; what lies there is not in the proof
	Text      string          `json:"text"`      // of the file, with the functions written
	Tests     []ProofTest     `json:"tests"`     // files of tests beside it
	Functions []ProofFunction `json:"functions"`
	Python    Interpreter     `json:"python"`
	Drawn     *Drawing        `json:"drawn"` // nil if the bodies are nobody's samples
	Hash      string          `json:"sha256"`
}

// A ProofTest is a file of tests whose checks count.
type ProofTest struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// A ProofFunction is a written function: its qualified name, what stands in its hole, and
// the code of its checks.
type ProofFunction struct {
	Name   string   `json:"name"`
	Body   string   `json:"body"`
	Checks []string `json:"checks"`
}

// A Drawing is how the bodies of a proof came about.
type Drawing struct {
	Source      string  `json:"source"` // of the file, before the functions were written
	Model       string  `json:"model"`  // name
	ModelHash   string  `json:"model_sha256"`
	Samples     int     `json:"samples"` // for each function
	Temperature float64 `json:"temperature"`
	TopP        float64 `json:"top_p"`
	Seed        uint64  `json:"seed"`
}

// AddTests takes in the files of tests beside the proof's file.
func (p *Proof) AddTests(tests []parser.TestFile) {
	for _, t := range tests {
		p.Tests = append(p.Tests, ProofTest{t.Path, string(t.File.Source())})
	}
}

// AddFunction takes in a function of the proof's text; false if it is not written there,
// or has no checks.
func (p *Proof) AddFunction(name string) bool {
	f, ok := p.function(p.After(), name)
	if ok {
		p.Functions = append(p.Functions, f)
	}
	return ok
}

func (p *Proof) function(file *parser.File, name string) (f ProofFunction, ok bool) {
	fn := FunctionNamed(file, name)
	if fn == nil || !fn.Written {
		return f, false
	}
	f = ProofFunction{Name: name, Body: p.Text[fn.Spec.Hole.Start:fn.Spec.Hole.End]}
	for _, c := range fn.Spec.Checks {
		f.Checks = append(f.Checks, c.Code)
	}
	return f, true
}

// After is the file with the functions written, and with the checks of its tests.
func (p *Proof) After() *parser.File {
	return WithNeighbours(parser.Parse([]byte(p.Text)), p.File, p.TestFiles())
}

// TestFiles are the files of tests, parsed.
func (p *Proof) TestFiles() []parser.TestFile {
	var list []parser.TestFile
	for _, t := range p.Tests {
		list = append(list, parser.TestFile{Path: t.Path, File: parser.Parse([]byte(t.Text))})
	}
	return list
}

// hash is the sha256 of everything else in the proof, in hexadecimal.
func (p *Proof) hash() (string, error) {
	rest := *p
	rest.Hash = ""
	raw, err := json.Marshal(rest)
	if err != nil {
		return "", err // a temperature that is no number
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Encode is the proof as JSON, with its format and hash set.
func (p *Proof) Encode() ([]byte, error) {
	p.Format = ProofFormat
	var err error
	if p.Hash, err = p.hash(); err != nil {
		return nil, fmt.Errorf("writing a proof: %w", err)
	}
	if err := p.valid(); err != nil {
		return nil, fmt.Errorf("writing a proof: %w", err)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("writing a proof: %w", err)
	}
	return b.Bytes(), nil
}

// DecodeProof reads what Encode wrote, and refuses anything else. Nothing is run.
func DecodeProof(raw []byte) (*Proof, error) {
	var is struct {
		Format *int    `json:"format"`
		Data   *string `json:"data_sha256"` // of the proofs before there was a format
	}
	if err := json.Unmarshal(raw, &is); err != nil {
		return nil, fmt.Errorf("it is no proof: %w", err)
	}
	switch {
	case is.Format == nil && is.Data == nil:
		return nil, errors.New("it is no proof: it names no format")
	case is.Format == nil || *is.Format < ProofFormat:
		return nil, errors.New("it was saved by an older Greenfill, whose proofs said less: save it anew")
	case *is.Format > ProofFormat:
		return nil, fmt.Errorf("it was saved by a newer Greenfill: its format is %d, and this one reads %d", *is.Format, ProofFormat)
	}
	p := new(Proof)
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields() // its hash would not speak of them
	if err := dec.Decode(p); err != nil {
		return nil, fmt.Errorf("it is no proof: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("it is no proof: something follows it")
	}
	hash, err := p.hash()
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is no proof: %w", err)
	case hash != p.Hash:
		return nil, errors.New("its hash is not that of what it holds: it was changed after it was saved")
	}
	return p, p.valid()
}

// valid says what a proof says that cannot be so.
func (p *Proof) valid() error {
	texts := []string{p.File, p.Dir, p.Text, p.Python.Path}
	for _, t := range p.Tests {
		texts = append(texts, t.Path, t.Text)
	}
	if p.Drawn != nil {
		texts = append(texts, p.Drawn.Source)
	}
	if slices.ContainsFunc(texts, func(t string) bool { return !utf8.ValidString(t) }) {
		return errors.New("its texts are not all UTF-8")
	}
	if len(p.Functions) == 0 {
		return errors.New("it speaks of no function")
	}
	after := p.After()
	for _, said := range p.Functions {
		f, ok := p.function(after, said.Name)
		if !ok || f.Body != said.Body || !slices.Equal(f.Checks, said.Checks) {
			return fmt.Errorf("its text has no function %s with that body and those checks", said.Name)
		}
	}
	if d := p.Drawn; d != nil {
		switch {
		case len(d.ModelHash) != 2*sha256.Size:
			return errors.New("it does not say which model drew")
		case d.Samples < 1 || d.Samples > 10000, !(d.Temperature >= 0 && d.Temperature <= 10), !(d.TopP > 0 && d.TopP <= 1):
			return errors.New("nothing can be drawn as it says")
		}
	}
	return nil
}
