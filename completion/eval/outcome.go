package eval

import (
	"greenfill/completion"
	"greenfill/completion/sandbox"
)

// An Outcome is what one task came to.
type Outcome struct {
	Task     int            `json:"task_id"`
	Samples  int            `json:"samples"`
	Passing  int            `json:"passing"`
	Failures map[string]int `json:"failures,omitempty"` // samples by how they ended
	Tokens   int            `json:"tokens"`             // sampled
	Seconds  float64        `json:"seconds"`            // in the engine, prompt included
	Bodies   []Body         `json:"bodies,omitempty"`   // the distinct ones
}

// A Body is one distinct answer to a task.
type Body struct {
	Text    string `json:"text"`
	Samples int    `json:"samples"`
	Ended   string `json:"ended"` // "passed", or the kind of failure
}

// outcome counts what a job came to. Samples that a broken check kept from being run
// count as failures of its kind.
func outcome(task, samples int, r *completion.Result, obstacle *completion.Obstacle) Outcome {
	o := Outcome{Task: task, Samples: samples, Failures: map[string]int{}}
	o.Tokens = r.Stats.Tokens
	o.Seconds = (r.Stats.Prefill + r.Stats.Decode).Seconds()
	if obstacle != nil {
		o.Failures[kind(obstacle.Verdict)] = samples
		return o
	}
	o.Samples = r.Samples // fewer than asked for, if no more distinct ones exist
	for _, c := range r.Candidates {
		ended := kind(c.Verdict)
		o.Bodies = append(o.Bodies, Body{c.Body, c.Samples, ended})
		if c.Verdict.Status == sandbox.Passed {
			o.Passing += c.Samples
		} else {
			o.Failures[ended] += c.Samples
		}
	}
	return o
}

// kind names how a run ended; an exception goes by its own name, as in the paper's
// table of failures.
func kind(v sandbox.Verdict) string {
	if v.Status == sandbox.Raised && v.ErrorType != "" {
		return v.ErrorType
	}
	return completion.StatusNames[v.Status]
}

// A Report is what a run of the benchmark came to.
type Report struct {
	Tasks    int               `json:"tasks"`
	Solved   int               `json:"solved"`  // by at least one sample
	Samples  int               `json:"samples"` // of all tasks together
	Passing  int               `json:"passing"`
	PassAt   map[int]float64   `json:"pass_at"` // unbiased, by k
	Failures map[string]int    `json:"failures"`
	Speed    float64           `json:"tokens_per_second"` // sampled tokens by time in the engine
	Interval [2]float64        `json:"interval"`          // 95 % (Wilson) of the share of tasks solved
	Settings Settings          `json:"settings"`
	Left     map[string]string `json:"quarantined,omitempty"` // tasks left out, with the reason
}

// Summarise adds up outcomes.
func Summarise(s Settings, outcomes []Outcome) Report {
	r := Report{Tasks: len(outcomes), PassAt: map[int]float64{}, Failures: map[string]int{}, Settings: s}
	tokens, seconds := 0, 0.0
	for _, o := range outcomes {
		r.Samples += o.Samples
		r.Passing += o.Passing
		if o.Passing > 0 {
			r.Solved++
		}
		for k, n := range o.Failures {
			r.Failures[k] += n
		}
		tokens += o.Tokens
		seconds += o.Seconds
	}
	if seconds > 0 {
		r.Speed = float64(tokens) / seconds
	}
	for _, k := range ks(s) {
		for _, o := range outcomes {
			r.PassAt[k] += PassAtK(o.Samples, o.Passing, k) / float64(len(outcomes))
		}
	}
	r.Interval[0], r.Interval[1] = Wilson(r.Solved, r.Tasks)
	return r
}

// ks are the values of k that are reported: powers of two, and the number of samples.
func ks(s Settings) []int {
	if s.Distinct {
		return nil
	}
	var all []int
	for k := 1; k < s.Samples; k *= 2 {
		all = append(all, k)
	}
	return append(all, s.Samples)
}
