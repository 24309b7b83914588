package completion

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/parser"
)

// Composite tasks: a function with checks whose helpers are unwritten, too, and have no
// checks of their own. Bodies are drawn for all of them, and a helper's are judged through
// the checks of the function that calls it.

// A Joint is a function and the helpers written with it, verified together.
type Joint struct {
	Specs       []*parser.Spec // the helpers, then the function whose checks all passed
	Completions []Completion   // a body for each
	Text        []byte         // the file with all of them in it: the text that was verified
	Verdict     sandbox.Verdict
	Samples     int // drawn, for all functions together
	Runs        int
	Elapsed     time.Duration
}

// maxJointRuns bounds how many combinations are run.
const maxJointRuns = 96

// SpeaksOfHelpers says whether a spec's text or checks name functions that
// [Completer.CompleteTogether] may write with it, so that it is to be tried first.
func SpeaksOfHelpers(file *parser.File, spec *parser.Spec) bool {
	return slices.ContainsFunc(helpersOf(file, spec), func(h *parser.Spec) bool { return speaksOf(spec, h) })
}

func speaksOf(spec, helper *parser.Spec) bool {
	return slices.Contains(spec.Uses(), helper.Name) ||
		slices.ContainsFunc(spec.Checks, func(c parser.Check) bool { return slices.Contains(c.Awaits, helper.Name) })
}

// IdleHelpers are the unwritten functions without checks that a spec's text or checks
// speak of, and that the bodies written for it do without.
func IdleHelpers(file *parser.File, spec *parser.Spec, written ...Completion) []*parser.Spec {
	return slices.DeleteFunc(helpersOf(file, spec), func(h *parser.Spec) bool {
		return !speaksOf(spec, h) ||
			slices.ContainsFunc(written, func(c Completion) bool { return slices.Contains(word.FindAllString(c.body, -1), h.Name) })
	})
}

// CompleteTogether writes the function of job.Spec together with those unwritten helpers
// that its bodies call: functions of file, which the spec came from, at module level and
// without checks. It is nil if there are no helpers, or if no combination passed. known,
// if not nil, is what Complete came to for the same job: its bodies are not drawn again.
//
// A helper counts as verified only if the checks fail without it.
func (c *Completer) CompleteTogether(ctx context.Context, file *parser.File, job Job, known *Result) (*Joint, error) {
	job = c.normal(job)
	helpers := helpersOf(file, job.Spec)
	if len(helpers) == 0 {
		return nil, nil
	}
	s := &search{c: c, job: job, file: file, helpers: helpers, started: time.Now(), tried: map[string]bool{}}
	if known != nil {
		return s.run(ctx, known.Candidates)
	}
	callers, err := s.draw(ctx, job.Spec)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, callers)
}

// helpersOf are the functions that may be written together with a spec, those first that
// others use.
func helpersOf(file *parser.File, spec *parser.Spec) []*parser.Spec {
	if spec == nil || len(spec.Checks) == 0 || spec.Name != spec.QualifiedName {
		return nil
	}
	var helpers []*parser.Spec
	for _, s := range parser.Order(file.Specs()) {
		if len(s.Checks) == 0 && s.Name == s.QualifiedName && s.Name != spec.Name {
			helpers = append(helpers, s)
		}
	}
	return helpers
}

// A search is one call of CompleteTogether.
type search struct {
	c       *Completer
	job     Job
	file    *parser.File
	helpers []*parser.Spec
	started time.Time
	samples int
	runs    int
	tried   map[string]bool
}

// A part is one function of a combination, and the bodies drawn for it, likeliest first.
type part struct {
	spec   *parser.Spec
	bodies []Candidate
}

// run draws bodies of the helpers that the caller's bodies call, and tries the combinations.
func (s *search) run(ctx context.Context, callers []Candidate) (*Joint, error) {
	drawn := map[*parser.Spec][]Candidate{}
	groups := map[string][]*parser.Spec{}
	byGroup := map[string][]Candidate{}
	var order []string
	for _, caller := range callers {
		used := s.usedBy(caller.Body)
		if len(used) == 0 {
			continue
		}
		key := ""
		for _, h := range used {
			key += h.Name + " "
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key], byGroup[key] = used, append(byGroup[key], caller)
	}
	for _, key := range order {
		var parts []part
		for _, h := range groups[key] {
			if drawn[h] == nil {
				bodies, err := s.draw(ctx, s.described(h))
				if err != nil {
					return nil, err
				}
				drawn[h] = bodies
			}
			parts = append(parts, part{h, drawn[h]})
		}
		j, err := s.combine(ctx, append(parts, part{s.job.Spec, byGroup[key]}))
		if j != nil || err != nil {
			return j, err
		}
	}
	return nil, nil
}

// described is a helper as its prompt shows it: with the checks of the function that
// calls it, for it has none.
func (s *search) described(helper *parser.Spec) *parser.Spec {
	h := *helper
	h.Checks = s.job.Spec.Checks
	return &h
}

// usedBy are the helpers that a body calls, and those that these speak of.
func (s *search) usedBy(body string) []*parser.Spec {
	used := map[string]bool{}
	for _, h := range s.helpers {
		if len(callsOf(h.Name, body)) > 0 {
			used[h.Name] = true
		}
	}
	for range s.helpers {
		for _, h := range s.helpers {
			for _, name := range h.Uses() {
				used[name] = used[name] || used[h.Name]
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(s.helpers), func(h *parser.Spec) bool { return !used[h.Name] })
}

// draw samples bodies of one function, those that most samples gave first.
func (s *search) draw(ctx context.Context, spec *parser.Spec) ([]Candidate, error) {
	prompt := s.job.Form.Prompt(spec)
	sampling, stop := ctx, func() {}
	if s.job.Budget.Time > 0 {
		sampling, stop = context.WithTimeout(ctx, s.job.Budget.Time)
	}
	defer stop()
	var found []Candidate
	_, err := s.c.sampler.Sample(sampling, engine.Request{
		Prompt: prompt.Text, Samples: s.job.Budget.Samples, MaxTokens: s.c.opts.MaxTokens,
		Sampling: s.job.Sampling, Stop: prompt.Stop,
	}, func(sample engine.Sample) bool {
		s.samples++
		body := prompt.Body(sample.Text)
		if i := slices.IndexFunc(found, func(c Candidate) bool { return c.Body == body }); i >= 0 {
			found[i].Samples++
			found[i].LogProb = max(found[i].LogProb, sample.LogProb)
		} else {
			found = append(found, Candidate{Body: body, Samples: 1, LogProb: sample.LogProb})
		}
		return sampling.Err() == nil
	})
	if err != nil && (sampling.Err() == nil || ctx.Err() != nil) {
		return nil, fmt.Errorf("sampling bodies for %s: %w", spec.QualifiedName, err)
	}
	slices.SortStableFunc(found, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Samples, a.Samples), cmp.Compare(b.LogProb, a.LogProb))
	})
	return found, ctx.Err()
}

// combine tries the combinations of the parts' bodies, those first whose ranks sum up to
// least, until one passes.
func (s *search) combine(ctx context.Context, parts []part) (*Joint, error) {
	last := 0
	for _, p := range parts {
		last += len(p.bodies) - 1
	}
	for total := 0; total <= last && s.runs < maxJointRuns; total++ {
		for _, choice := range choices(parts, total) {
			if s.runs >= maxJointRuns {
				break
			}
			j, err := s.try(ctx, parts, choice)
			if j != nil || err != nil {
				return j, err
			}
		}
	}
	return nil, nil
}

// choices are the ways to take a body of each part so that their ranks sum up to total.
func choices(parts []part, total int) [][]int {
	if len(parts) == 0 {
		if total == 0 {
			return [][]int{{}}
		}
		return nil
	}
	var all [][]int
	for k := 0; k <= total && k < len(parts[0].bodies); k++ {
		for _, rest := range choices(parts[1:], total-k) {
			all = append(all, append([]int{k}, rest...))
		}
	}
	return all
}

// try runs one combination. One that passes is run once more without each helper, which
// must fail, and then as the text that the file will have.
func (s *search) try(ctx context.Context, parts []part, choice []int) (*Joint, error) {
	bodies := make([]string, len(parts))
	for i, p := range parts {
		bodies[i] = p.bodies[choice[i]].Body
	}
	key := strings.Join(bodies, "\x00")
	if s.tried[key] {
		return nil, nil
	}
	s.tried[key] = true
	v, err := s.verdict(ctx, s.program(parts, bodies))
	if err != nil || v.Status != sandbox.Passed {
		return nil, err
	}
	for i, p := range parts[:len(parts)-1] {
		without := slices.Clone(bodies)
		without[i] = unwritten(p.spec)
		if v, err := s.verdict(ctx, s.program(parts, without)); err != nil || v.Status == sandbox.Passed {
			return nil, err // the checks say nothing of this helper
		}
	}
	return s.joint(ctx, parts, choice)
}

// joint puts the bodies into the file and verifies the file as it then is.
func (s *search) joint(ctx context.Context, parts []part, choice []int) (*Joint, error) {
	j := &Joint{}
	file := s.file
	byPlace := make([]int, len(parts))
	for i := range parts {
		byPlace[i] = i
	}
	slices.SortFunc(byPlace, func(a, b int) int { return parts[b].spec.Hole.Start - parts[a].spec.Hole.Start })
	for _, i := range byPlace { // from the end, so that places stay
		spec, body := parts[i].spec, parts[i].bodies[choice[i]].Body
		file = file.Edit(spec.Hole.Start, spec.Hole.End, spec.Replacement(body))
	}
	whole := FunctionNamed(file, s.job.Spec.QualifiedName)
	if whole == nil {
		return nil, nil
	}
	v, err := s.verdict(ctx, Program(whole.Spec, s.job.Dir, s.job.Python))
	if err != nil || v.Status != sandbox.Passed {
		return nil, err
	}
	for i, p := range parts {
		cand := p.bodies[choice[i]]
		j.Specs = append(j.Specs, p.spec)
		j.Completions = append(j.Completions, Completion{body: cand.Body, text: p.spec.Replacement(cand.Body), verdict: v, agree: cand.Samples})
	}
	j.Text, j.Verdict, j.Samples, j.Runs, j.Elapsed = file.Source(), v, s.samples, s.runs, time.Since(s.started)
	return j, nil
}

// verdict runs a program; what holds for all alike is an error.
func (s *search) verdict(ctx context.Context, p sandbox.Program) (sandbox.Verdict, error) {
	s.runs++
	v := s.c.runner.Run(ctx, p)
	switch {
	case ctx.Err() != nil:
		return v, ctx.Err()
	case blocks(v.Status):
		return v, &Obstacle{Verdict: v}
	}
	return v, nil
}

// program runs a combination. The helpers stand in the candidate and not in the prelude,
// for the prelude is trusted: the judging process runs it.
func (s *search) program(parts []part, bodies []string) sandbox.Program {
	caller := *s.job.Spec
	caller.Prelude = slices.DeleteFunc(slices.Clone(caller.Prelude), func(f parser.Fragment) bool {
		return f.Path == "" && slices.ContainsFunc(parts, func(p part) bool { return p.spec.Unit.Span.Start == f.Span.Start })
	})
	var units []parser.Fragment
	for i, p := range parts {
		units = append(units, p.spec.Filled(bodies[i]))
	}
	slices.SortFunc(units, func(a, b parser.Fragment) int { return a.Line - b.Line })
	var text strings.Builder
	line := units[0].Line
	for _, u := range units {
		for text.Len() > 0 && (line < u.Line || !strings.HasSuffix(text.String(), "\n")) {
			text.WriteByte('\n')
			line++
		}
		text.WriteString(u.Text)
		line += strings.Count(u.Text, "\n")
	}
	return program(&caller, parser.Fragment{Line: units[0].Line, Text: text.String()}, s.job.Dir, s.job.Python)
}
