package lsp_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"greenfill/completion/sandbox"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

const helperAndCaller = `def is_prime(n):
    """Whether n is prime."""


def primes(n):
    """The primes up to n, by is_prime(k)."""


assert primes(3) == [2, 3]
`

// TestTogether: no body passes by itself, but one with a body of the helper that it calls
// does. One command fills both, and the function is verified as it then stands.
func TestTogether(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return is_prime(n)", "    return right"}}
	s.verdict = func(p sandbox.Program) sandbox.Verdict {
		text := p.Candidate.Text
		for _, f := range p.Prelude {
			text += f.Text
		}
		if strings.Contains(text, "return right") && strings.Contains(text, "return is_prime(n)") {
			return sandbox.Verdict{Status: sandbox.Passed, Passed: 1, Total: 1}
		}
		return sandbox.Verdict{Status: sandbox.AssertFailed, Total: 1}
	}
	e, dir := prover(t, s)
	b := e.Open(filepath.Join(dir, "a.py"), helperAndCaller)
	ref := lsp.SpecReference{URI: b.URI, Spec: "primes"}
	var r lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandComplete, &r, ref))
	if r.Message != "✓ 1/1 assert · with is_prime" || r.Completions != 0 {
		t.Errorf("results %+v", r)
	}
	same(t, "lenses", titles(t, e, b), "✓ 1/1 assert · with is_prime — insert", "more samples")
	// Over another text it is not offered.
	e.Replace(b, "Whether n is prime", "Whether n is a prime")
	if got := titles(t, e, b); strings.Contains(strings.Join(got, " "), "insert") {
		t.Errorf("offered over another text: %v", got)
	}
	e.Replace(b, "Whether n is a prime", "Whether n is prime")
	list, err := e.Actions(ctx, b, strings.Index(b.Text, "primes"))
	ok(t, err)
	if len(list) == 0 || list[0].Title != "Greenfill: write primes  ✓ 1/1 assert · with is_prime" {
		t.Fatalf("actions %+v", list)
	}
	ok(t, e.AcceptAction(ctx, list[0]))
	want := strings.Replace(helperAndCaller, `prime."""`, `prime."""`+"\n    return right", 1)
	want = strings.Replace(want, `is_prime(k)."""`, `is_prime(k)."""`+"\n    return is_prime(n)", 1)
	if got := e.Text(b); got != want {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	_, err = e.AwaitResults("primes", inState(lsp.JobVerified))
	ok(t, err)
	if _, p := saveProof(t, e, b, "primes"); p.Drawn == nil || p.Drawn.Source != helperAndCaller || p.Text != want {
		t.Errorf("proof %+v", p)
	}
}

// partnersScript draws the bodies of two functions, one of which needs an import; only both
// together pass.
func partnersScript() *script {
	s := &script{bodies: []string{"    return isqrt(s)", "    return right"}}
	s.verdict = func(p sandbox.Program) sandbox.Verdict {
		text := p.Candidate.Text
		for _, f := range p.Prelude {
			text += f.Text
		}
		switch {
		case !strings.Contains(text, "return right") || !strings.Contains(text, "return isqrt(s)"):
			return sandbox.Verdict{Status: sandbox.AssertFailed, Total: 1}
		case !strings.Contains(text, "from math import isqrt"):
			return sandbox.Verdict{Status: sandbox.Raised, ErrorType: "NameError", Total: 1}
		}
		return sandbox.Verdict{Status: sandbox.Passed, Passed: 1, Total: 1}
	}
	return s
}

// TestPartners: a check needs two unwritten functions at once. One edit fills both, with
// the import that one needs, and both keep a badge.
func TestPartners(t *testing.T) {
	const source = "def encode(s):\n    \"\"\"Encode s.\"\"\"\n\n\ndef decode(s):\n    \"\"\"Decode s.\"\"\"\n\n\nassert decode(encode('a')) == 'a'\n"
	ctx := context.Background()
	s := partnersScript()
	e, dir := prover(t, s)
	b := e.Open(filepath.Join(dir, "a.py"), source)
	var r lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandComplete, &r, lsp.SpecReference{URI: b.URI, Spec: "encode"}))
	if r.Message != "✓ 1/1 assert · with decode" {
		t.Fatalf("results %+v", r)
	}
	ok(t, e.Execute(ctx, lsp.CommandApply, nil, lsp.SpecReference{URI: b.URI, Spec: "encode"}))
	text := e.Text(b)
	if !strings.HasPrefix(text, "from math import isqrt\n\n\ndef encode") || !strings.Contains(text, "return isqrt(s)") || !strings.Contains(text, "return right") {
		t.Errorf("the text is\n%s", text)
	}
	for _, name := range []string{"encode", "decode"} {
		_, err := e.AwaitResults(name, inState(lsp.JobVerified))
		ok(t, err)
	}
}

// TestPartnersInCells: the functions stand in two cells. One edit fills both; where another
// cell has changed meanwhile, nothing is offered.
func TestPartnersInCells(t *testing.T) {
	ctx := context.Background()
	s := partnersScript()
	for _, plain := range []bool{false, true} {
		e := edit(t, s, func(c *lsptest.Config) { c.Plain = plain })
		cells := e.OpenNotebook("/w/n.ipynb", "KEY = 'é'; later = 1\n\ndef decode(s): pass\n", "def encode(s):\n    \"\"\"Encode s.\"\"\"\n", "assert decode(encode('a')) == 'a'\n")
		ref := lsp.SpecReference{URI: cells[1].URI, Spec: "encode"}
		var r lsp.Results
		ok(t, e.Execute(ctx, lsp.CommandComplete, &r, ref))
		if r.Message != "✓ 1/1 assert · with decode" {
			t.Fatalf("results %+v", r)
		}
		same(t, "lenses", titles(t, e, cells[1]), "✓ 1/1 assert · with decode — insert", "more samples")
		e.Replace(cells[0], "later", "sooner")
		if got := titles(t, e, cells[1]); strings.Contains(strings.Join(got, " "), "insert") {
			t.Errorf("offered over another text: %v", got)
		}
		if err := e.Execute(ctx, lsp.CommandApply, nil, ref); err == nil {
			t.Error("applied over another text")
		}
		e.Replace(cells[0], "sooner", "later")
		ok(t, e.Execute(ctx, lsp.CommandApply, nil, ref))
		if got := e.Text(cells[1]); !strings.HasPrefix(got, "from math import isqrt\n\n\ndef encode(s):\n    \"\"\"Encode s.\"\"\"\n    return ") {
			t.Errorf("the second cell is\n%s", got)
		}
		if got := e.Text(cells[0]); !strings.HasPrefix(got, "KEY = 'é'; later = 1\n\ndef decode(s):\n    return ") && !strings.HasPrefix(got, "KEY = 'é'; later = 1\n\ndef decode(s): return ") {
			t.Errorf("the first cell is\n%s", got)
		}
		if !plain {
			for _, name := range []string{"encode", "decode"} {
				_, err := e.AwaitResults(name, inState(lsp.JobVerified))
				ok(t, err)
			}
		}
	}
}
