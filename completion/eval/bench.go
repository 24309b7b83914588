// Package eval measures Greenfill as the paper behind it measured its models (Austin et
// al. 2021): on MBPP, with the same Completer that the editor uses.
//
// Call [Load] first, then [Bench.Run].
//
// # Promises
//
// Unless Settings say otherwise, samples are independent draws; no job stops early, so
// that pass@k is unbiased. The same settings give the same samples on one machine and build.
package eval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/parser"
)

// Settings are all that the figures depend on.
type Settings struct {
	Model       string  `json:"model"`
	Form        string  `json:"form"` // "editor" or "paper"
	Samples     int     `json:"samples"`
	Temperature float64 `json:"temperature"`
	TopP        float64 `json:"top_p"`
	Seed        uint64  `json:"seed"`
	// Distinct draws without replacement: more tasks are solved, but the samples are not
	// independent and there is no pass@k.
	Distinct bool   `json:"distinct"`
	Data     string `json:"data_sha256"`
}

// A Bench is one measurement.
type Bench struct {
	Settings  Settings
	Data      *Data
	Examples  []Task // the paper's three; needed by the paper form only
	Limit     int    // the first so many tasks; 0 means all
	Completer *completion.Completer
	Python    string
	// Out, if not "", is a file of JSON lines that keeps each task's outcome; a run that
	// finds it with the same settings goes on where it ended.
	Out string
	// Progress, if set, is told after each task.
	Progress func(done, total int, last Outcome, left time.Duration)
}

// Run measures all tasks that are not in quarantine. When ctx ends, the report covers
// the tasks that were finished and the error is ctx's.
func (b *Bench) Run(ctx context.Context) (Report, error) {
	tasks, left := b.tasks()
	log, outcomes, err := openLog(b.Out, b.Settings)
	if err != nil {
		return Report{}, err
	}
	defer log.Close()
	known := map[int]bool{}
	for _, o := range outcomes {
		known[o.Task] = true
	}
	started, fresh := time.Now(), 0
	for _, t := range tasks {
		if known[t.ID] {
			continue
		}
		o, err := b.task(ctx, t)
		if err != nil {
			return b.report(outcomes, left), err
		}
		if err := log.append(o); err != nil {
			return b.report(outcomes, left), err
		}
		outcomes = append(outcomes, o)
		fresh++
		if b.Progress != nil {
			per := time.Since(started) / time.Duration(fresh)
			b.Progress(len(outcomes), len(tasks), o, per*time.Duration(len(tasks)-len(outcomes)))
		}
	}
	return b.report(outcomes, left), nil
}

func (b *Bench) report(outcomes []Outcome, left map[string]string) Report {
	r := Summarise(b.Settings, outcomes)
	r.Left = left
	return r
}

// tasks are those to be measured, and those left out with the reason.
func (b *Bench) tasks() (run []Task, left map[string]string) {
	left = map[string]string{}
	for _, t := range b.Data.Tasks {
		if b.Limit > 0 && len(run) == b.Limit {
			break
		}
		if why, ok := Quarantine[t.ID]; ok {
			left[fmt.Sprint(t.ID)] = why
			continue
		}
		run = append(run, t)
	}
	return run, left
}

// task draws and verifies one task's samples.
func (b *Bench) task(ctx context.Context, t Task) (Outcome, error) {
	job, err := b.job(t)
	if err != nil {
		return Outcome{}, err
	}
	r, err := b.Completer.Complete(ctx, job, nil)
	var obstacle *completion.Obstacle
	if errors.As(err, &obstacle) && obstacle.Verdict.Status != sandbox.SandboxUnavailable {
		err = nil // the task cannot be run as it is written: its samples fail
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("MBPP task %d: %w", t.ID, err)
	}
	return outcome(t.ID, b.Settings.Samples, r, obstacle), nil
}

// job writes a task in the form that is measured.
func (b *Bench) job(t Task) (completion.Job, error) {
	job := completion.Job{
		Budget: completion.Budget{Samples: b.Settings.Samples},
		Sampling: engine.Sampling{
			Temperature: b.Settings.Temperature,
			TopP:        b.Settings.TopP,
			Seed:        b.Settings.Seed,
			Distinct:    b.Settings.Distinct,
		},
		Workspace: completion.Workspace{Python: b.Python},
	}
	if b.Settings.Form == "paper" {
		job.Form = paperForm(b.Examples, t)
	}
	source, name, err := EditorFile(t)
	if err != nil {
		return job, err
	}
	for _, spec := range parser.Parse([]byte(source)).Specs() {
		if spec.Name == name {
			job.Spec = spec
			return job, nil
		}
	}
	return job, fmt.Errorf("MBPP task %d: the parser finds no unwritten %s in it", t.ID, name)
}
