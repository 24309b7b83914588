package completion

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// proven is a proof of double, which a file of tests checks as well.
func proven(t *testing.T) *Proof {
	t.Helper()
	dir := t.TempDir()
	p := &Proof{Greenfill: "1.0", File: filepath.Join(dir, "a.py"), Dir: dir, Text: "def double(n):\n    return n * 2\n\nassert double(2) == 4\n",
		Python: Interpreter{"/usr/bin/python3", "3.12.4"},
		Drawn: &Drawing{Source: "def double(n):\n    ...\n\nassert double(2) == 4\n", Model: "m", ModelHash: strings.Repeat("a", 64),
			Samples: 16, Temperature: 0.8, TopP: 0.95, Seed: 1}}
	p.AddTests([]parser.TestFile{{Path: filepath.Join(dir, "test_a.py"),
		File: parser.Parse([]byte("from a import double\n\ndef test_double():\n    assert double(3) == 6\n"))}})
	if !p.AddFunction("double") || p.AddFunction("other") {
		t.Fatal("double must be added, and nothing else")
	}
	if f := p.Functions[0]; f.Body != "return n * 2" || len(f.Checks) != 2 {
		t.Fatalf("function %+v", f)
	}
	return p
}

func TestProof(t *testing.T) {
	p := proven(t)
	path := filepath.Join(p.Dir, "p.json")
	for range 2 { // the second time in place of the first
		if err := p.Save(path); err != nil {
			t.Fatal(err)
		}
	}
	back, err := ReadProof(path)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(p)
	if got, _ := json.Marshal(back); string(got) != string(want) {
		t.Errorf("read %s, saved %s", got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(p.Dir, ".greenfill-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	p.Drawn = nil
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	if back, err = ReadProof(path); err != nil || back.Drawn != nil {
		t.Errorf("without samples: %+v, %v", back, err)
	}
}

// TestProofIsRefused changes each part of a proof, and writes what is none.
func TestProofIsRefused(t *testing.T) {
	raw, err := proven(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for old, now := range map[string]string{
		`"greenfill": "1.0"`:       `"greenfill": "1.1"`,
		`a.py"`:                    `b.py"`,
		`double(2) == 4\n",`:       `double(2) == 5\n",`,
		`"body": "return n * 2"`:   `"body": "return n + n"`,
		`"assert double(2) == 4"`:  `"assert double(2) == 5"`,
		`double(3) == 6`:           `double(3) == 7`,
		`"3.12.4"`:                 `"3.12.5"`,
		`"model": "m"`:             `"model": "n"`,
		`"model_sha256": "a`:       `"model_sha256": "b`,
		`"samples": 16`:            `"samples": 17`,
		`"temperature": 0.8`:       `"temperature": 0.7`,
		`"top_p": 0.95`:            `"top_p": 0.9`,
		`"seed": 1`:                `"seed": 2`,
		`"source": "def double(n)`: `"source": "def double(m)`,
	} {
		forged := strings.Replace(string(raw), old, now, 1)
		if forged == string(raw) {
			t.Fatalf("%s is not in the proof", old)
		}
		if _, err := DecodeProof([]byte(forged)); err == nil || !strings.Contains(err.Error(), "its hash is not that of what it holds") {
			t.Errorf("%s: %v", now, err)
		}
	}
	for text, want := range map[string]string{
		"":                               "no proof",
		"null":                           "no format",
		"[1]":                            "no proof",
		"{}":                             "no format",
		`{"format": "2"}`:                "no proof",
		`{"format": 2, "seed": 1}`:       "unknown field",
		`{"format": 2}`:                  "its hash",
		`{"format": 3}`:                  "newer Greenfill",
		`{"data_sha256": "0"}`:           "older Greenfill",
		string(raw) + "{}":               "no proof",
		string(raw[:len(raw)/2]):         "no proof",
		strings.Repeat("[", 1<<20):       "no proof",
		`{"format": 2, "functions": {}}`: "no proof",
	} {
		if _, err := DecodeProof([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

// TestProofMustAgreeWithItself: whoever makes the hash anew is still held to the text.
func TestProofMustAgreeWithItself(t *testing.T) {
	for what, change := range map[string]func(p *Proof){
		"another body":       func(p *Proof) { p.Functions[0].Body = "return n + n" },
		"fewer checks":       func(p *Proof) { p.Functions[0].Checks = p.Functions[0].Checks[:1] },
		"no function":        func(p *Proof) { p.Functions = nil },
		"another name":       func(p *Proof) { p.Functions[0].Name = "triple" },
		"unwritten":          func(p *Proof) { p.Text = strings.Replace(p.Text, "return n * 2", "...", 1) },
		"no model":           func(p *Proof) { p.Drawn.ModelHash = "" },
		"no samples":         func(p *Proof) { p.Drawn.Samples = 0 },
		"too many samples":   func(p *Proof) { p.Drawn.Samples = 1 << 30 },
		"freezing":           func(p *Proof) { p.Drawn.Temperature = -1 },
		"a text of no UTF-8": func(p *Proof) { p.Drawn.Source = "\xff" },
	} {
		p := proven(t)
		change(p)
		if _, err := p.Encode(); err == nil {
			t.Errorf("%s was written", what)
		}
		p.Format = ProofFormat
		p.Hash, _ = p.hash()
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeProof(raw); err == nil {
			t.Errorf("%s was read", what)
		}
	}
}

func TestProofSavedBeside(t *testing.T) {
	p := proven(t)
	save := func(name, want string) {
		t.Helper()
		if path, err := p.SaveBeside(name); err != nil || path != filepath.Join(p.Dir, want) {
			t.Errorf("saved in %s: %v, want %s", path, err, want)
		}
	}
	save("double", "a.double.proof.json")
	save("double", "a.double.proof.json") // the same is there already
	p.Drawn.Seed = 2
	save("double", "a.double.2.proof.json")
	save("C.f.<locals>.g", "a.C.f.g.proof.json")
	if back, err := ReadProof(filepath.Join(p.Dir, "a.double.proof.json")); err != nil || back.Drawn.Seed != 1 {
		t.Errorf("the first was overwritten: %+v, %v", back, err)
	}
	p.File = filepath.Join(p.Dir, "none", "a.py")
	if path, err := p.SaveBeside("double"); err == nil {
		t.Errorf("saved in a folder that is not there: %s", path)
	}
}

func TestProofFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large.json")
	if err := os.WriteFile(large, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, maxProof+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{large: "larger than", filepath.Join(dir, "none"): "no such file", dir: "is a directory"} {
		if _, err := ReadProof(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

type answers string

func (a answers) Run(context.Context, sandbox.Program) sandbox.Verdict {
	return sandbox.Verdict{Status: sandbox.AssertFailed, Actual: string(a)}
}

func TestInterpreterSaysItsVersion(t *testing.T) {
	for actual, want := range map[string]string{"'3.12.4'": "3.12.4", "": "", "'$(x)'": ""} {
		c := New(nil, answers(actual), Options{})
		if i := c.Interpreter(context.Background(), "", "/p/python"); i != (Interpreter{"/p/python", want}) {
			t.Errorf("%q: %+v", actual, i)
		}
	}
}

// FuzzProof: whatever is read is an error or a proof that can be written again.
func FuzzProof(f *testing.F) {
	f.Add("def f():\n    return 1\n\nassert f() == 1\n", "f", "return 1", "assert f() == 1", `{"format": 2}`)
	f.Add("class C:\n  def f(self): return 1\r\n# C().f() -> 1\n", "C.f", "return 1", "", `[`)
	f.Fuzz(func(t *testing.T, text, name, body, check, raw string) {
		if _, err := DecodeProof([]byte(raw)); err == nil {
			t.Fatalf("a proof without its hash was read: %s", raw)
		}
		p := &Proof{Format: ProofFormat, File: "/a.py", Text: text, Tests: []ProofTest{{"/test_a.py", text}},
			Functions: []ProofFunction{{name, body, []string{check}}}}
		p.Hash, _ = p.hash()
		made, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeProof(made)
		if err != nil {
			return
		}
		again, err := back.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeProof(again); err != nil {
			t.Fatal(err)
		}
	})
}
