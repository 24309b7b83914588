package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// This file holds the two forms of an answer: JSON, whose names are a promise to scripts,
// and text, which is Python again: bodies as they go into the file, the rest in comments.

type specJSON struct {
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"` // of the def, from 1
}

type completionJSON struct {
	Text    string   `json:"text"`
	Imports []string `json:"imports,omitempty"` // statements that the file needs at its top
	Passed  int      `json:"asserts_passed"`
	Total   int      `json:"asserts_total"`
	Samples int      `json:"samples_agreeing"`
}

type sampleJSON struct {
	Text    string      `json:"text"`
	Verdict verdictJSON `json:"verdict"`
}

type verdictJSON struct {
	Status    string `json:"status"`
	Passed    int    `json:"asserts_passed"`
	Total     int    `json:"asserts_total"`
	Line      int    `json:"line,omitempty"`
	Source    string `json:"source,omitempty"`
	Actual    string `json:"actual,omitempty"`
	Expected  string `json:"expected,omitempty"`
	Inputs    string `json:"inputs,omitempty"`
	ErrorType string `json:"error_type,omitempty"`
	Message   string `json:"message,omitempty"`
}

type completeJSON struct {
	Spec        specJSON         `json:"spec"`
	Completions []completionJSON `json:"completions"`
	Samples     []sampleJSON     `json:"samples"`
	ElapsedMS   int64            `json:"elapsed_ms"`
	Model       string           `json:"model"`
	Seed        uint64           `json:"seed"`
}

// A jointJSON is several functions that were completed and verified together.
type jointJSON struct {
	Together  []jointPartJSON `json:"together"`
	Passed    int             `json:"asserts_passed"`
	Total     int             `json:"asserts_total"`
	Samples   int             `json:"samples"`
	ElapsedMS int64           `json:"elapsed_ms"`
	Model     string          `json:"model"`
	Seed      uint64          `json:"seed"`
}

type jointPartJSON struct {
	Spec specJSON `json:"spec"`
	Text string   `json:"text"`
}

type checkJSON struct {
	Spec      specJSON    `json:"spec"`
	Verdict   verdictJSON `json:"verdict"`
	ElapsedMS int64       `json:"elapsed_ms"`
}

func printJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.Encode(v) // plain values always encode; a closed pipe is the reader's wish
}

func specOf(t *target, s *parser.Spec) specJSON {
	line := 1 + strings.Count(string(t.source[:min(s.Def.Start, len(t.source))]), "\n")
	return specJSON{s.QualifiedName, t.path, line}
}

func verdictOf(v sandbox.Verdict) verdictJSON {
	return verdictJSON{completion.StatusNames[v.Status], v.Passed, v.Total, v.Line, v.Source, v.Actual, v.Expected, v.Inputs, v.ErrorType, v.Message}
}

func completeAnswer(t *target, r *completion.Result, model string, seed uint64) completeJSON {
	a := completeJSON{
		Spec: specOf(t, r.Spec), Completions: []completionJSON{}, Samples: []sampleJSON{},
		ElapsedMS: r.Elapsed.Milliseconds(), Model: model, Seed: seed,
	}
	for _, c := range r.Completions {
		a.Completions = append(a.Completions, completionJSON{c.Body(), c.Imports(), c.Verdict().Passed, c.Verdict().Total, c.Agreeing()})
	}
	type drawn struct {
		index int
		sampleJSON
	}
	var all []drawn
	for _, c := range r.Candidates {
		for _, i := range c.Drawn {
			all = append(all, drawn{i, sampleJSON{c.Body, verdictOf(c.Verdict)}})
		}
	}
	slices.SortStableFunc(all, func(a, b drawn) int { return a.index - b.index })
	for _, d := range all {
		a.Samples = append(a.Samples, d.sampleJSON)
	}
	return a
}

func jointAnswer(t *target, j *completion.Joint, model string, seed uint64) jointJSON {
	a := jointJSON{Passed: j.Verdict.Passed, Total: j.Verdict.Total, Samples: j.Samples,
		ElapsedMS: j.Elapsed.Milliseconds(), Model: model, Seed: seed}
	for i, s := range j.Specs {
		a.Together = append(a.Together, jointPartJSON{specOf(t, s), j.Completions[i].Body()})
	}
	return a
}

// printJoint prints functions that were completed together, each helper before its caller.
func printJoint(w io.Writer, j *completion.Joint) {
	var names []string
	for _, s := range j.Specs {
		names = append(names, s.QualifiedName)
	}
	fmt.Fprintf(w, "# %s: passed together, %s, of %d samples and %d runs in %s\n", strings.Join(names, ", "),
		asserts(j.Verdict), j.Samples, j.Runs, seconds(j.Elapsed))
	for i, s := range j.Specs {
		fmt.Fprintf(w, "\n# %s\n%s\n", s.QualifiedName, j.Completions[i].Body())
	}
	fmt.Fprintln(w)
}

func checkAnswer(t *target, s *parser.Spec, v sandbox.Verdict, took time.Duration) checkJSON {
	return checkJSON{specOf(t, s), verdictOf(v), took.Milliseconds()}
}

// printCompletions prints the bodies that passed, best first, one for each behaviour; with
// all every spelling, and those that failed after them, nearest first.
func printCompletions(w io.Writer, r *completion.Result, all bool) {
	fmt.Fprintf(w, "# %s: %s passed, of %d samples in %s\n", r.Spec.QualifiedName,
		count(len(r.Completions), "body", "bodies"), r.Samples, seconds(r.Elapsed))
	shown := r.Distinct()
	if all {
		shown = r.Completions
	}
	for _, c := range shown {
		v := c.Verdict()
		fmt.Fprintf(w, "\n# %d of %d samples, %s, %s\n%s\n", c.Agreeing(), r.Samples, asserts(v), millis(v.Wall), shownBody(r.Spec, c))
	}
	if all {
		for _, c := range failures(r) {
			fmt.Fprintf(w, "\n# failed: %d of %d samples, %s, %s\n# %s\n%s\n", c.Samples, r.Samples,
				asserts(c.Verdict), millis(c.Verdict.Wall), why(c.Verdict), c.Body)
		}
	} else if more := len(r.Completions) - len(shown); more > 0 {
		fmt.Fprintf(w, "\n# and %s of the same behaviour (--all shows every body)\n", count(more, "spelling", "spellings"))
	} else if len(r.Completions) == 0 {
		if near := failures(r); len(near) > 0 {
			fmt.Fprintf(w, "# nearest: %s; %s (--all shows every body)\n", asserts(near[0].Verdict), why(near[0].Verdict))
		}
	}
	fmt.Fprintln(w)
}

// shownBody is a completion's body; one that brings imports stands in its function with
// them above, as in the file.
func shownBody(s *parser.Spec, c completion.Completion) string {
	if len(c.Imports()) == 0 {
		return c.Body()
	}
	return importLines(c) + ensureNewline(s.Head()) + parser.Reindent(c.Body(), s.Step, s.Step)
}

// importLines are a completion's imports, one a line, and two blank lines below them.
func importLines(c completion.Completion) string {
	if len(c.Imports()) == 0 {
		return ""
	}
	return strings.Join(c.Imports(), "\n") + "\n\n\n"
}

// failures are the bodies that failed, those that held the most checks first.
func failures(r *completion.Result) []completion.Candidate {
	var failed []completion.Candidate
	for _, c := range r.Candidates {
		if c.Verdict.Status != sandbox.Passed {
			failed = append(failed, c)
		}
	}
	slices.SortStableFunc(failed, func(a, b completion.Candidate) int { return b.Verdict.Passed - a.Verdict.Passed })
	return failed
}

func printVerdict(w io.Writer, s *parser.Spec, v sandbox.Verdict) {
	if v.Status == sandbox.Passed {
		fmt.Fprintf(w, "%s: passed, %s, %s\n", s.QualifiedName, asserts(v), millis(v.Wall))
		return
	}
	fmt.Fprintf(w, "%s: failed, %s, %s: %s\n", s.QualifiedName, asserts(v), millis(v.Wall), why(v))
}

// why says in one line what went wrong.
func why(v sandbox.Verdict) string {
	var b strings.Builder
	if v.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", v.Line)
	}
	switch {
	case v.Status == sandbox.AssertFailed && v.Expected != "":
		fmt.Fprintf(&b, "%s: got %s, expected %s", oneLine(v.Source), v.Actual, v.Expected)
	case v.Status == sandbox.AssertFailed:
		fmt.Fprintf(&b, "%s: does not hold", oneLine(v.Source))
	case v.ErrorType != "":
		fmt.Fprintf(&b, "%s: %s", v.ErrorType, oneLine(strings.TrimPrefix(v.Message, v.ErrorType+": ")))
	case v.Message != "":
		b.WriteString(oneLine(v.Message))
	default:
		b.WriteString(completion.StatusNames[v.Status])
	}
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func asserts(v sandbox.Verdict) string { return fmt.Sprintf("%d/%d asserts", v.Passed, v.Total) }

func millis(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
