package completion

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/parser"
)

// A run is one job at work. The sampler's goroutine brings samples to arrived; a few
// verifiers take the new bodies from there; all that they learn is kept under mu.
type run struct {
	c       *Completer
	job     Job
	started time.Time
	probes  []string
	work    chan *Candidate    // bodies to be verified; never full
	stop    context.CancelFunc // ends sampling, not verification

	mu       sync.Mutex
	report   func(Event) // called with mu held, so one call at a time
	seen     map[string]*Candidate
	order    []*Candidate // as they arrived
	samples  int
	verified int
	passed   int
	obstacle *Obstacle
}

func newRun(c *Completer, job Job, report func(Event)) *run {
	return &run{
		c: c, job: job, report: report, started: time.Now(), probes: probes(job.Spec),
		work: make(chan *Candidate, job.Budget.Samples),
		seen: map[string]*Candidate{},
	}
}

// complete samples and verifies at the same time, and returns when both are through.
func (r *run) complete(ctx context.Context) (*Result, error) {
	sampling, stop := context.WithCancel(ctx)
	defer stop()
	r.stop = stop
	if r.job.Budget.Time > 0 {
		var late context.CancelFunc
		sampling, late = context.WithTimeout(sampling, r.job.Budget.Time)
		defer late()
	}

	var verifiers sync.WaitGroup
	verifiers.Go(func() { r.preflight(ctx) })
	for range r.c.opts.Workers {
		verifiers.Go(func() {
			for cand := range r.work {
				r.verify(ctx, cand)
			}
		})
	}
	stats, err := r.sample(sampling)
	close(r.work)
	verifiers.Wait()

	r.mu.Lock()
	defer r.mu.Unlock()
	result := r.snapshot()
	result.Stats = stats
	switch {
	case ctx.Err() != nil:
		return result, ctx.Err()
	case r.obstacle != nil:
		return result, r.obstacle
	case err != nil && sampling.Err() == nil:
		return result, fmt.Errorf("sampling bodies for %s: %w", r.job.Spec.QualifiedName, err)
	}
	r.report(r.event(Event{Stage: StageDone, Result: result}))
	return result, nil
}

// sample draws the job's samples.
func (r *run) sample(ctx context.Context) (engine.Stats, error) {
	prompt := r.job.Form.Prompt(r.job.Spec, r.job.imported)
	r.tell(Event{Stage: StagePrefill})
	return r.c.sampler.Sample(ctx, engine.Request{
		Prompt:    prompt.Text,
		Samples:   r.job.Budget.Samples,
		MaxTokens: r.c.opts.MaxTokens,
		Sampling:  r.job.Sampling,
		Stop:      prompt.Stop,
		Started:   func(int) { r.tell(Event{Stage: StageSampling}) },
	}, func(s engine.Sample) bool {
		r.arrived(s, prompt.Body(s.Text))
		return ctx.Err() == nil
	})
}

// arrived takes note of a sample and hands its body to the verifiers if it is new.
func (r *run) arrived(s engine.Sample, body string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples++
	if known, ok := r.seen[body]; ok {
		known.Samples++
		known.Drawn = append(known.Drawn, s.Index)
		known.LogProb = max(known.LogProb, s.LogProb)
	} else {
		cand := &Candidate{Body: body, Samples: 1, Drawn: []int{s.Index}, LogProb: s.LogProb}
		r.seen[body] = cand
		r.order = append(r.order, cand)
		r.work <- cand
	}
	r.report(r.event(Event{Stage: StageSampling}))
}

// verify runs one body against the checks and takes note of how it ended.
func (r *run) verify(ctx context.Context, cand *Candidate) {
	if ctx.Err() != nil {
		return
	}
	verdict, needs := r.verdict(ctx, cand.Body)
	behaviour := ""
	if verdict.Status == sandbox.Passed {
		behaviour = r.behaviour(ctx, cand.Body, needs)
	}
	if ctx.Err() != nil {
		return // the verdict is of a run that was broken off
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	cand.Text, cand.Verdict = r.job.Spec.Replacement(cand.Body), verdict
	cand.behaviour, cand.needs = behaviour, needs
	r.verified++
	if blocks(verdict.Status) {
		r.blocked(verdict)
	}
	if verdict.Status == sandbox.Passed {
		r.passed++
		if d := r.job.Budget.Distinct; d > 0 && r.passed >= d {
			r.stop()
		}
	}
	shown := copied(cand)
	r.report(r.event(Event{Stage: StageVerified, Candidate: &shown, Result: r.snapshot()}))
}

// verdict runs a body, with what it lacks where that can be found.
func (r *run) verdict(ctx context.Context, body string) (sandbox.Verdict, needs) {
	return withNeeds(func(v sandbox.Verdict) needs {
		if r.job.Form.Whole {
			return needs{}
		}
		return needsOf(r.job.Spec, body, v)
	}, func(n needs) sandbox.Verdict { return r.c.runner.Run(ctx, r.program(body, n)) })
}

func (r *run) program(body string, n needs) sandbox.Program {
	unit := r.job.Spec.Filled(body)
	if r.job.Form.Whole {
		unit = parser.Fragment{Line: 1, Text: body}
	}
	spec := *r.job.Spec
	spec.Prelude = n.prelude(r.job.Spec)
	return program(&spec, unit, r.job.Workspace)
}

// preflight runs the checks on a body that cannot pass, while the model reads the
// prompt: what blocks that body blocks every body, and the model need not go on.
func (r *run) preflight(ctx context.Context) {
	spec := r.job.Spec
	v := r.c.runner.Run(ctx, program(spec, spec.Filled(unwritten(spec)), r.job.Workspace))
	if ctx.Err() == nil && blocks(v.Status) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.blocked(v)
	}
}

func (r *run) blocked(v sandbox.Verdict) {
	if r.obstacle == nil {
		r.obstacle = &Obstacle{Verdict: v}
	}
	r.stop()
}

func (r *run) tell(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report(r.event(e))
}

// event fills in the counts. The caller holds mu.
func (r *run) event(e Event) Event {
	e.Samples, e.Verified, e.Budget = r.samples, r.verified, r.job.Budget.Samples
	return e
}

// snapshot is the result so far. The caller holds mu.
func (r *run) snapshot() *Result {
	result := &Result{Spec: r.job.Spec, Samples: r.samples, Elapsed: time.Since(r.started)}
	for _, cand := range r.order {
		if cand.Verdict.Status != sandbox.Invalid {
			result.Candidates = append(result.Candidates, copied(cand))
		}
	}
	result.Completions = ranked(result.Candidates)
	return result
}

// copied is cand as it is now: the run may still count further samples of it.
func copied(cand *Candidate) Candidate {
	c := *cand
	c.Drawn = slices.Clone(c.Drawn)
	return c
}
