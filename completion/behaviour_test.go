package completion

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"greenfill/parser"
)

func TestCallsOf(t *testing.T) {
	code := `assert f(1, [2, (3)], ")") == f( "a" ) and not g.f(5) and off(6) or f(x`
	want := []string{`1, [2, (3)], ")"`, ` "a" `}
	if diff := cmp.Diff(want, callsOf("f", code)); diff != "" {
		t.Error(diff)
	}
}

func TestProbes(t *testing.T) {
	spec := &parser.Spec{Name: "f", QualifiedName: "f", Checks: []parser.Check{
		{Kind: parser.CheckAssert, Code: `assert f(2, "ab") == 4`},
		{Kind: parser.CheckAssert, Code: `assert f(3, "ab") == 4`},
		{Kind: parser.CheckTest, Code: `def test_f(): assert f(n, 7) == 4`}, // a variable: no probe
	}}
	got := probes(spec)
	if len(got) == 0 || len(got) > maxProbes {
		t.Fatalf("%d probes", len(got))
	}
	if diff := cmp.Diff(got, probes(spec)); diff != "" {
		t.Error("the probes differ from one time to the next")
	}
	seen := map[string]bool{}
	for _, p := range got {
		if seen[p] || strings.Contains(p, `f(2, "ab")`) || strings.Contains(p, `f(3, "ab")`) || strings.Contains(p, "f(n") {
			t.Errorf("probe %s asks what is known", p)
		}
		seen[p] = true
	}
	if method := (&parser.Spec{Name: "f", QualifiedName: "C.f", Checks: spec.Checks}); len(probes(method)) != 0 {
		t.Error("a method is probed without its object")
	}
}

// Bodies that behave alike count together, whatever their spelling.
func TestRankedByBehaviour(t *testing.T) {
	pass := func(body, behaviour string, samples int, logProb float64) Candidate {
		c := Candidate{Body: body, Samples: samples, LogProb: logProb, behaviour: behaviour}
		c.Verdict = passing("")[0].verdict
		return c
	}
	got := ranked([]Candidate{
		pass("lookup table", "A", 2, -1),
		pass("long sum", "B", 1, -9),
		pass("sum", "B", 1, -3),
		pass("sum again", "B", 1, -5),
		{Body: "failed", Samples: 9},
	})
	var order []string
	for _, c := range got {
		order = append(order, c.Body())
	}
	if diff := cmp.Diff([]string{"sum", "sum again", "long sum", "lookup table"}, order); diff != "" {
		t.Error(diff)
	}
	if got[0].Agreeing() != 3 || got[3].Agreeing() != 2 {
		t.Errorf("%d and %d samples agree, want 3 and 2", got[0].Agreeing(), got[3].Agreeing())
	}
}

// Whatever stands in a check, the probes are made without a panic.
func FuzzProbes(f *testing.F) {
	for _, code := range []string{`assert f(1) == 2`, `f("`, `f('\`, `f(((`, "f(\"\\\n)", `f(99999999999999999999, 1.5)`, "f('é', 0)"} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		probes(&parser.Spec{Name: "f", QualifiedName: "f", Checks: []parser.Check{{Code: code}}})
	})
}
