package completion

import (
	"fmt"
	"slices"
	"time"

	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/parser"
)

// A Budget bounds one job. The zero value of a field means its default.
type Budget struct {
	Samples  int           // at most so many; default 16, and 1 at temperature 0
	Time     time.Duration // wall time for sampling; default none
	Distinct int           // enough distinct passing bodies to stop early; 0 means never
}

// A Completion is a body that passed. Only this package's verifier can make one.
type Completion struct {
	body    string
	text    string // what replaces the spec's hole
	verdict sandbox.Verdict
	agree   int

	behaviour string
	imports   []parser.Import
}

// Body is the body's lines, each indented for its place in the file.
func (c Completion) Body() string { return c.body }

// Text is what replaces the spec's Hole: the body, with the line breaks that it needs there.
func (c Completion) Text() string { return c.text }

// Verdict is the run that the completion passed.
func (c Completion) Verdict() sandbox.Verdict { return c.verdict }

// Agreeing is how many samples of the job gave this body or one that behaves alike.
func (c Completion) Agreeing() int { return c.agree }

// A Candidate is a sampled body and how it ended, passing or not.
type Candidate struct {
	Body    string
	Text    string // what would replace the spec's Hole
	Samples int    // how many samples gave this very body
	Drawn   []int  // their indices
	Verdict sandbox.Verdict
	LogProb float64 // of the likeliest of them, a sum over its tokens

	behaviour string // of one that passed; "" if unknown
	needs     needs  // with which it was run
}

// A Result is what a job came to. It is shared and must not be changed.
type Result struct {
	Spec        *parser.Spec
	Completions []Completion // best first
	Candidates  []Candidate  // all distinct bodies with a verdict, in order of arrival
	Samples     int          // drawn
	Stats       engine.Stats
	Elapsed     time.Duration
}

// Distinct are the Completions without those that behave like a better one.
func (r *Result) Distinct() []Completion {
	var list []Completion
	for _, c := range r.Completions {
		if !slices.ContainsFunc(list, func(d Completion) bool { return d.behaviour == c.behaviour }) {
			list = append(list, c)
		}
	}
	return list
}

// movedTo is the same result for the same function at another place of its file.
func (r *Result) movedTo(spec *parser.Spec) *Result {
	moved := *r
	moved.Spec = spec
	moved.Candidates = slices.Clone(r.Candidates)
	for i := range moved.Candidates {
		moved.Candidates[i].Text = spec.Replacement(moved.Candidates[i].Body)
	}
	moved.Completions = slices.Clone(r.Completions)
	for i := range moved.Completions {
		moved.Completions[i].text = spec.Replacement(moved.Completions[i].body)
	}
	return &moved
}

// An Event tells how a job goes on.
type Event struct {
	Stage     Stage
	Samples   int        // drawn so far
	Verified  int        // distinct bodies run so far
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

// An Obstacle is an error that no body can overcome: the sandbox cannot confine, the
// prelude fails before any body runs (as it does without an interpreter), or a check is
// not valid.
type Obstacle struct{ Verdict sandbox.Verdict }

// Error says in one sentence what is in the way.
func (o *Obstacle) Error() string {
	v := o.Verdict
	at := ""
	if v.Line > 0 {
		at = fmt.Sprintf("line %d: ", v.Line)
	}
	switch {
	case v.Status == sandbox.PreludeFailed && v.Line > 0:
		return "what the function needs of its file fails: " + at + v.Message
	case v.Status == sandbox.CheckInvalid:
		return "a check cannot be run: " + at + v.Message
	}
	return "nothing can be run here: " + v.Message
}

// blocks says whether a verdict holds for every body alike.
func blocks(s sandbox.Status) bool {
	return s == sandbox.PreludeFailed || s == sandbox.CheckInvalid || s == sandbox.SandboxUnavailable
}
