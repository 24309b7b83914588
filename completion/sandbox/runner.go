package sandbox

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// Options configure a Runner. The zero value is good.
type Options struct {
	// Layers force a combination instead of the strongest the self-test accepts; one
	// that is not sufficient runs nothing.
	Layers *Layers
	// Warm is how many programs keep their interpreters; default 8.
	Warm int
	// Idle is after how long without use they are ended; default one minute.
	Idle time.Duration
	// Parallel is how many candidates run at a time; default the number of processors.
	Parallel int
}

// A Runner runs programs. It keeps interpreters warm, keyed by everything in a Program
// but its Candidate. It is safe for concurrent use; Close it to end its processes.
type Runner struct {
	options Options
	slots   chan struct{}

	mu     sync.Mutex
	warm   map[string]*pool
	closed bool
	report *Report // the self-test's, once it was needed
	// pythons are interpreters as resolved, by name and workspace.
	pythons map[[2]string]foundPython

	firstMu sync.Mutex // held while a first interpreter starts
	first   map[firstKind]*zygote
}

// New returns a Runner. It starts no process yet; a machine that cannot confine shows in
// the verdicts, as SandboxUnavailable.
func New(o Options) (*Runner, error) {
	if o.Warm <= 0 {
		o.Warm = 8
	}
	if o.Idle <= 0 {
		o.Idle = time.Minute
	}
	if o.Parallel <= 0 {
		o.Parallel = max(1, runtime.NumCPU())
	}
	return &Runner{options: o, slots: make(chan struct{}, o.Parallel), warm: map[string]*pool{},
		first: map[firstKind]*zygote{}, pythons: map[[2]string]foundPython{}}, nil
}

// withDefaults fills in the limits that were left zero.
func (l Limits) withDefaults() Limits {
	if l.CPU <= 0 {
		l.CPU = time.Second
	}
	if l.Wall <= 0 {
		l.Wall = 10 * time.Second
	}
	if l.Memory <= 0 {
		l.Memory = 1 << 30
	}
	if l.Output <= 0 {
		l.Output = 1 << 20
	}
	return l
}

// Run runs the program's candidate against its checks. It returns when every process of
// the run has ended. When ctx ends first, the verdict's status is Invalid.
func (r *Runner) Run(ctx context.Context, p Program) Verdict {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return Verdict{Message: "cancelled", Total: len(p.Checks)}
	}
	p.Limits = p.Limits.withDefaults()
	began := time.Now()
	v := r.run(ctx, p)
	v.Total = len(p.Checks)
	v.Wall = time.Since(began)
	return v
}
