package lsp_test

import (
	"context"
	"os"
	"testing"

	"greenfill/lsp/lsptest"
)

// TestBench runs what `greenfill bench lsp` runs: on the long file and against its
// bounds with GREENFILL_FULL=1, on a short one and against nothing elsewhere.
func TestBench(t *testing.T) {
	s := &script{bodies: []string{"    return good(x)"}}
	full := os.Getenv("GREENFILL_FULL") == "1"
	load := lsptest.Load{Lines: 300, Times: 50, Seconds: 1}
	if full {
		load = lsptest.FullLoad
	}
	rows, err := lsptest.Bench(context.Background(), s.options(t), load)
	ok(t, err)
	for _, r := range rows {
		t.Logf("%-60s p50 %8v  p99 %8v  max %8v  (%d times)", r.Name, r.P50, r.P99, r.Max, r.Times)
		if full && !r.OK() {
			t.Errorf("%s: p99 %v, must be under %v", r.Name, r.P99, r.Bound)
		}
	}
}
