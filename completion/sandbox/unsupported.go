//go:build !linux

package sandbox

import (
	"context"
	"errors"
)

// Elsewhere than on Linux nothing confines, so nothing runs.

const unavailable = "verified completions need Linux (WSL2 and containers included): this system offers no confinement that greenfill has tested"

// There are no processes here.
type (
	pool      struct{}
	zygote    struct{}
	firstKind struct{}
)

// Main returns: there are no launchers on this system.
func Main() {}

func (r *Runner) run(context.Context, Program) Verdict {
	return Verdict{Status: SandboxUnavailable, Message: unavailable}
}

// Close does nothing here.
func (r *Runner) Close() { r.mu.Lock(); r.closed = true; r.mu.Unlock() }

// SelfTest reports that nothing can be confined.
func SelfTest(context.Context) Report { return Report{Advice: []string{unavailable}} }

// Measure has nothing to measure here.
func Measure(context.Context, []Program, int, func(context.Context, []Program, int) (float64, error)) (Cost, error) {
	return Cost{}, errors.New(unavailable)
}

// HumanEval is no peer for what cannot run.
func HumanEval(string) func(context.Context, []Program, int) (float64, error) { return nil }
