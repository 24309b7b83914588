// Package completion turns a spec into verified programs: it prompts, samples, cuts,
// verifies, clusters and ranks. It is the only package that knows parser, engine and
// sandbox together.
//
// Call [New] first, then [Completer.Complete].
//
// # Promises
//
// A [Completion] has passed every check of its spec, as the text the user's file will
// have; only the verifier can make one. A spec without checks yields none.
package completion

import (
	"context"
	"time"

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

// A Budget bounds one job. The zero value of a field means its default.
type Budget struct {
	Samples  int           // at most so many; default 16
	Time     time.Duration // wall time for sampling; default none
	Distinct int           // enough distinct passing bodies to stop early; 0 means never
}

// A Completion is a body that passed. Only this package's verifier can make one.
type Completion struct {
	text    string // what replaces the spec's hole
	verdict sandbox.Verdict
	agree   int
}

// Text is what replaces the spec's Hole, indented for its place in the file.
func (c Completion) Text() string { return c.text }

// Verdict is the run that the completion passed.
func (c Completion) Verdict() sandbox.Verdict { return c.verdict }

// Agreeing is how many samples of the job gave this body or one that behaves alike.
func (c Completion) Agreeing() int { return c.agree }

// A Candidate is a sampled body and how it ended, passing or not.
type Candidate struct {
	Text    string
	Samples int // how many samples gave this very body
	Verdict sandbox.Verdict
	LogProb float64
}

// A Result is what a job came to.
type Result struct {
	Spec        *parser.Spec
	Completions []Completion // best first
	Candidates  []Candidate  // all distinct bodies, in order of arrival
	Samples     int          // drawn
	Stats       engine.Stats
	Elapsed     time.Duration
}

// An Event tells how a job goes on.
type Event struct {
	Stage     Stage
	Samples   int        // drawn so far
	Verified  int        // run so far
	Budget    int        // samples planned
	Candidate *Candidate // the one just verified, at StageVerified
	Result    *Result    // a snapshot, at StageVerified and StageDone
}

// A Stage is where a job stands.
type Stage int

const (
	StageLoading  Stage = iota + 1 // the model is being made ready
	StagePrefill                   // the prompt is being run
	StageSampling                  // bodies are being drawn
	StageVerified                  // one more body has a verdict
	StageDone
)
