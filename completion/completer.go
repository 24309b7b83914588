// Package completion turns a spec into verified programs: it prompts, samples, cuts,
// verifies and ranks. It is the only package that knows parser, engine and sandbox
// together.
//
// Call [New] first, then [Completer.Complete].
//
// # How a job goes
//
// The spec becomes a prompt whose answer has already begun at the signature, so that a
// model writes nothing but the body. Each sample is cut where the body ends, indented
// for its place in the file, dropped if it was seen before, and run against the spec's
// checks while sampling goes on. What passed is ranked.
//
// # Promises
//
// A [Completion] has passed every check of its spec, as the text the user's file will
// have; only the verifier can make one. A spec without checks yields none.
package completion

import (
	"context"
	"runtime"

	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/parser"
)

// A Sampler draws continuations of a prompt. It calls yield with each sample as it
// ends and stops early when yield returns false; engine.Model is one.
type Sampler interface {
	Sample(ctx context.Context, req engine.Request, yield func(engine.Sample) bool) (engine.Stats, error)
}

// A Runner runs one program under confinement and says how it ended; sandbox.Runner is one.
type Runner interface {
	Run(ctx context.Context, p sandbox.Program) sandbox.Verdict
}

// Options say how a Completer works. The zero value of a field means its default.
type Options struct {
	Model     string // the model's name: part of the cache's key
	Form      Form   // how prompts are written; default Chat
	Workers   int    // sandbox runs at once; default one per core, at most 4
	Cache     int    // results remembered; default 256
	MaxTokens int    // longest body in tokens; default 512
}

// A Completer answers jobs. It is safe for many goroutines.
type Completer struct {
	sampler Sampler
	runner  Runner
	opts    Options
	cache   *cache
}

// New returns a Completer that draws from s and verifies with r. s may be nil if only
// Check and Verify will be called.
func New(s Sampler, r Runner, o Options) *Completer {
	if o.Form.Prompt == nil {
		o.Form = Chat
	}
	if o.Workers <= 0 {
		o.Workers = min(runtime.NumCPU(), 4)
	}
	if o.Cache <= 0 {
		o.Cache = 256
	}
	if o.MaxTokens <= 0 {
		o.MaxTokens = 512
	}
	return &Completer{sampler: s, runner: r, opts: o, cache: newCache(o.Cache)}
}

// A Job asks for bodies of one spec: Spec, or the one at Offset in File.
type Job struct {
	Spec     *parser.Spec
	File     *parser.File
	Offset   int  // in bytes
	Form     Form // how the prompt is written; the zero value means the Completer's own
	Budget   Budget
	Sampling engine.Sampling // DefaultSampling is the sensible one
	Modules  Modules         // whose definitions the prompt shows where the file imports them
	Workspace

	imported []Imported // of Modules, for Spec
}

// DefaultSampling is how bodies are drawn unless the user says otherwise: warm enough
// that samples differ.
func DefaultSampling() engine.Sampling {
	return engine.Sampling{Temperature: 0.8, TopP: 0.95, Seed: 1}
}

// normal fills in the defaults of a job.
func (c *Completer) normal(j Job) Job {
	if j.Spec == nil && j.File != nil {
		j.Spec = j.File.SpecAt(j.Offset)
	}
	if j.Form.Prompt == nil {
		j.Form = c.opts.Form
	}
	if j.Budget.Samples <= 0 {
		j.Budget.Samples = 16
	}
	if j.Sampling.Temperature == 0 {
		j.Budget.Samples = 1 // greedy samples are all the same
	}
	if j.Spec != nil && len(j.Spec.Checks) > 0 {
		j.imported = j.Modules.For(j.Spec, j.Dir)
	}
	return j
}

// Complete draws bodies for the job's spec, verifies each, and returns what it came to.
// report, if not nil, is told how the job goes on, one call at a time.
//
// When ctx ends, the result holds what was verified until then and the error is ctx's.
// When no body could ever pass, because the sandbox, the prelude or a check is broken,
// the error is an [*Obstacle]. No spec, or one without checks, gives an empty result at
// once; that is an answer, not an error.
func (c *Completer) Complete(ctx context.Context, job Job, report func(Event)) (*Result, error) {
	job = c.normal(job)
	if report == nil {
		report = func(Event) {}
	}
	if r, ok := c.lookup(job); ok {
		report(Event{Stage: StageDone, Samples: r.Samples, Verified: len(r.Candidates), Budget: job.Budget.Samples, Result: r})
		return r, nil
	}
	if job.Spec == nil || len(job.Spec.Checks) == 0 {
		return &Result{Spec: job.Spec}, nil
	}
	result, err := newRun(c, job, report).complete(ctx)
	if err == nil {
		c.cache.put(c.key(job), result)
	}
	return result, err
}

// Lookup returns the remembered result of the same job, without any work.
func (c *Completer) Lookup(job Job) (*Result, bool) { return c.lookup(c.normal(job)) }

func (c *Completer) lookup(job Job) (*Result, bool) {
	if job.Spec == nil {
		return nil, false
	}
	r, ok := c.cache.get(c.key(job))
	if !ok || !r.holdsFor(job.Spec) {
		return nil, false
	}
	return r.movedTo(job.Spec), true
}

// Check runs a written function as it stands against its checks.
func (c *Completer) Check(ctx context.Context, spec *parser.Spec, w Workspace) sandbox.Verdict {
	if len(spec.Checks) == 0 {
		return sandbox.Verdict{Status: sandbox.Vacuous, Message: "there are no checks to run"}
	}
	return c.runner.Run(ctx, Program(spec, w))
}

// Verify runs a body, each line of it indented for its place, against the spec's checks.
// The completion is nil unless every check held.
func (c *Completer) Verify(ctx context.Context, spec *parser.Spec, body string, w Workspace) (*Completion, sandbox.Verdict) {
	if len(spec.Checks) == 0 {
		return nil, sandbox.Verdict{Status: sandbox.Vacuous, Message: "there are no checks to run"}
	}
	v, n := withNeeds(func(v sandbox.Verdict) needs { return needsOf(spec, body, v) }, func(n needs) sandbox.Verdict {
		with := *spec
		with.Prelude = n.prelude(spec)
		return c.runner.Run(ctx, program(&with, spec.Filled(body), w))
	})
	if v.Status != sandbox.Passed {
		return nil, v
	}
	return &Completion{body: body, text: spec.Replacement(body), verdict: v, agree: 1, imports: n.imports}, v
}
