package lsp_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// prover is an editor whose model has a hash, and a folder of its own.
func prover(t *testing.T, s *script) (*lsptest.Editor, string) {
	t.Helper()
	dir := t.TempDir()
	e := edit(t, s, func(c *lsptest.Config) {
		c.Folders = []string{dir}
		load := c.ServerOpts.Model
		c.ServerOpts.Model = func(ctx context.Context, o lsp.ModelOptions, progress func(float64)) (*lsp.Loaded, error) {
			l, err := load(ctx, o, progress)
			l.Hash = func(context.Context) (string, error) { return strings.Repeat("a", 64), nil }
			return l, err
		}
	})
	return e, dir
}

// saveProof runs the command for a function, and reads the proof that it saved.
func saveProof(t *testing.T, e *lsptest.Editor, b *lsptest.Buffer, name string) (lsp.Proof, *completion.Proof) {
	t.Helper()
	var answer lsp.Proof
	ok(t, e.Execute(context.Background(), lsp.CommandProof, &answer, lsp.SpecReference{URI: b.URI, Spec: name}))
	ok(t, e.AwaitMessage(answer.Message))
	p, err := completion.ReadProof(answer.URI.FsPath())
	ok(t, err)
	if answer.Spec != name || answer.Drawn != (p.Drawn != nil) || len(p.Functions) != 1 || p.Functions[0].Name != name {
		t.Errorf("answer %+v, proof %+v", answer, p)
	}
	return answer, p
}

const unproven = "def f(x):\n    ...\n\nassert f(1) == 2\n"

// TestProofOfADrawnBody: from the code action to the file, and what edits do to it.
func TestProofOfADrawnBody(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)", "    return bad(x)"}}
	e, dir := prover(t, s)
	b := e.Open(filepath.Join(dir, "a.py"), unproven)
	ok(t, e.Execute(ctx, lsp.CommandComplete, nil, map[string]any{"uri": b.URI, "spec": "f", "apply": true}))
	_, err := e.AwaitResults("f", func(r lsp.Results) bool { return r.State == lsp.JobVerified })
	ok(t, err)
	actions, err := e.Actions(ctx, b, strings.Index(b.Text, "f(x)"))
	ok(t, err)
	a := actions[len(actions)-1]
	if a.Title != "Greenfill: save a proof of f" || *a.Kind != protocol.CodeActionKindRefactorRewrite {
		t.Fatalf("actions %+v", actions)
	}
	var first lsp.Proof
	ok(t, e.Run(ctx, a.Command, &first))
	if path := filepath.Join(dir, "a.f.proof.json"); first.URI.FsPath() != path || !first.Drawn {
		t.Fatalf("answer %+v, want %s", first, path)
	}
	ok(t, e.AwaitMessage("f: its proof is in a.f.proof.json"))
	again, p := saveProof(t, e, b, "f")
	if again != first {
		t.Errorf("the same proof was saved in %s, too", again.URI)
	}
	want := completion.Drawing{Source: unproven, Model: "script", ModelHash: strings.Repeat("a", 64), Samples: 16, Temperature: 0.8, TopP: 0.95, Seed: 1}
	if *p.Drawn != want || p.Text != e.Text(b) || p.Functions[0].Body != "return good(x)" || p.Greenfill != "test" {
		t.Errorf("proof %+v, drawn %+v", p, p.Drawn)
	}

	// What the function does not use may change; the proof is of the text then.
	e.Edit(b, len(b.Text), len(b.Text), "\nN = 1\n")
	if again, same := saveProof(t, e, b, "f"); again.URI != first.URI || same.Text != p.Text {
		t.Errorf("another constant: %+v", again)
	}
	// Another check is another proof: no samples were drawn for it.
	e.Edit(b, len(b.Text), len(b.Text), "assert f(2) == 3\n")
	other, hand := saveProof(t, e, b, "f")
	if filepath.Base(other.URI.FsPath()) != "a.f.2.proof.json" || hand.Drawn != nil || hand.Text != e.Text(b) || len(hand.Functions[0].Checks) != 2 {
		t.Errorf("another check: %+v, %+v", other, hand)
	}
	if now, err := completion.ReadProof(first.URI.FsPath()); err != nil || now.Hash != p.Hash {
		t.Errorf("the first proof has changed: %v", err)
	}
}

// TestProofNamesTheRoundThatDrew: each round draws by another seed.
func TestProofNamesTheRoundThatDrew(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return bad(x)"}}
	e, dir := prover(t, s)
	b := e.Open(filepath.Join(dir, "a.py"), unproven)
	ref := lsp.SpecReference{URI: b.URI, Spec: "f"}
	ok(t, e.Execute(ctx, lsp.CommandComplete, nil, ref))
	s.say("    return good(x)")
	ok(t, e.Execute(ctx, lsp.CommandMore, nil, map[string]any{"uri": b.URI, "spec": "f", "samples": 5}))
	ok(t, e.Execute(ctx, lsp.CommandApply, nil, ref))
	if _, p := saveProof(t, e, b, "f"); p.Drawn == nil || p.Drawn.Seed != 2 || p.Drawn.Samples != 5 {
		t.Errorf("drawn %+v", p.Drawn)
	}
}

// TestProofsOfSeveralFunctions: one that brings an import, one that nobody defined, and a
// method, completed one after the other.
func TestProofsOfSeveralFunctions(t *testing.T) {
	ctx := context.Background()
	s := &script{verdict: func(p sandbox.Program) sandbox.Verdict {
		v := judge(p)
		imported := slices.ContainsFunc(p.Prelude, func(f sandbox.Fragment) bool { return strings.Contains(f.Text, "import math") })
		if strings.Contains(p.Candidate.Text, "math.") && !imported {
			v.Status, v.ErrorType, v.Message = sandbox.Raised, "NameError", "name 'math' is not defined"
		}
		return v
	}}
	e, dir := prover(t, s)
	b := e.Open(filepath.Join(dir, "a.py"), "def area(r):\n    ...\n\nclass C:\n    def m(self):\n        pass\n\nassert area(1) > 3\nassert C().m() == 1\nassert twice(1) == 2\n")
	for _, f := range []struct{ name, says, stands string }{
		{"area", "    good = math.pi\n    return good", "good = math.pi\n    return good"},
		{"twice", "    return good(n)", ""},
		{"C.m", "    return good(self)", "return good(self)"},
	} {
		s.say(f.says)
		before := e.Text(b)
		ok(t, e.Execute(ctx, lsp.CommandComplete, nil, map[string]any{"uri": b.URI, "spec": f.name, "apply": true}))
		_, p := saveProof(t, e, b, f.name)
		if p.Drawn == nil || p.Drawn.Source != before || p.Text != e.Text(b) || f.stands != "" && p.Functions[0].Body != f.stands {
			t.Errorf("%s: drawn %+v\nfunctions %+v\nproof\n%s\nbuffer\n%s", f.name, p.Drawn, p.Functions, p.Text, e.Text(b))
		}
	}
}

// TestProofHasTheTestsBesideIt: a file of tests checks the function, in a text with line
// ends of Windows.
func TestProofHasTheTestsBesideIt(t *testing.T) {
	ctx := context.Background()
	e, dir := prover(t, &script{bodies: []string{"    return good(x)"}})
	tests := "from a import f\n\ndef test_f():\n    assert f(1) == 2\n"
	ok(t, os.WriteFile(filepath.Join(dir, "test_a.py"), []byte(tests), 0o644))
	b := e.Open(filepath.Join(dir, "a.py"), "def f(x):\r\n    ...\r\n\r\nN = 1\r\n")
	for n := 0; len(titles(t, e, b)) == 0; { // until the tests are read
		var err error
		n, err = e.AwaitRefresh(n)
		ok(t, err)
	}
	before := e.Text(b)
	ok(t, e.Execute(ctx, lsp.CommandComplete, nil, map[string]any{"uri": b.URI, "spec": "f", "apply": true}))
	_, p := saveProof(t, e, b, "f")
	if p.Drawn == nil || p.Drawn.Source != before || p.Text != e.Text(b) || len(p.Tests) != 1 || p.Tests[0].Text != tests {
		t.Errorf("drawn %+v, proof %+v", p.Drawn, p)
	}
}

func TestProofOfABodyTypedByHand(t *testing.T) {
	s := &script{}
	e, dir := prover(t, s)
	b := e.Open(filepath.Join(dir, "a.py"), strings.ReplaceAll(written, "bad", "good"))
	answer, p := saveProof(t, e, b, "f")
	if p.Drawn != nil || !strings.HasSuffix(answer.Message, "without samples, as its body was not drawn here") {
		t.Errorf("answer %+v, drawn %+v", answer, p.Drawn)
	}
}

// TestNoProof: of what does not pass, is not written, lies in no file, or may not run.
func TestNoProof(t *testing.T) {
	ctx := context.Background()
	s := &script{}
	e, dir := prover(t, s)
	fails := e.Open(filepath.Join(dir, "a.py"), written)
	hole := e.Open(filepath.Join(dir, "b.py"), unproven)
	for b, want := range map[*lsptest.Buffer]string{fails: "0, not 1", hole: "not written yet", {URI: "untitled:Untitled-1"}: "is not open"} {
		err := e.Execute(ctx, lsp.CommandProof, nil, lsp.SpecReference{URI: b.URI, Spec: "f"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", b.URI, err, want)
		}
	}
	actions, err := e.Actions(ctx, fails, strings.Index(fails.Text, "f(x)"))
	ok(t, err)
	for _, a := range actions {
		if strings.Contains(a.Title, "proof") {
			t.Errorf("a proof is offered of what does not pass: %+v", a)
		}
	}
	good := e.Open(filepath.Join(dir, "c.py"), strings.ReplaceAll(written, "bad", "good"))
	ok(t, e.Execute(ctx, lsp.CommandCheck, nil, lsp.SpecReference{URI: good.URI, Spec: "f"}))
	ok(t, e.Notify(lsp.MethodTrust, lsp.Trust{Trusted: false}))
	if err := e.Execute(ctx, lsp.CommandProof, nil, lsp.SpecReference{URI: good.URI, Spec: "f"}); err == nil || !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("without trust: %v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("saved: %v", files)
	}
}
