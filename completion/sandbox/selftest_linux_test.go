package sandbox

import (
	"context"
	"os"
	"testing"
)

// This machine can confine, and every combination but a lone layer holds up.
func TestSelfTest(t *testing.T) {
	report := SelfTest(context.Background())
	t.Logf("%+v", report)
	if !report.Available() {
		t.Fatalf("nothing can run here: %v", report.Advice)
	}
}

// The probes notice what a missing layer lets through.
func TestProbesNoticeGaps(t *testing.T) {
	for _, l := range []Layers{{}, {Seccomp: true}, {Landlock: true}} {
		row := try(context.Background(), l)
		if row.Holds || len(row.Leaks) == 0 {
			t.Errorf("%v: no leak was found: %+v", l, row)
		}
		if l.Sufficient() {
			t.Errorf("%v counts as sufficient", l)
		}
	}
}

// Insufficient layers run nothing.
func TestInsufficientLayers(t *testing.T) {
	r := testRunner(t, Options{Layers: &Layers{Landlock: true}})
	v := r.Run(context.Background(), Program{Python: os.Getenv("GREENFILL_TEST_PYTHON"), Candidate: Fragment{Line: 1, Text: "def f(x):\n    return 1\n"},
		Function: "f", Checks: []Check{{Form: FormStatement, Line: 5, Code: "assert f(1) == 1"}}})
	if v.Status != SandboxUnavailable {
		t.Errorf("%v, want SandboxUnavailable: %+v", v.Status, v)
	}
}
