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

// Composite tasks: a function with checks that cannot be written by itself. Its unwritten
// helpers have no checks of their own: theirs are judged through the checks of the function
// that calls them. Its partners are unwritten functions that some check needs beside it, as
// a round trip needs encode and decode: all checks of all partners must hold.

// A Joint is a function and the helpers and partners written with it, verified together.
type Joint struct {
	Specs       []*parser.Spec // the helpers and partners, then the function that was asked for
	Completions []Completion   // a body for each
	Text        []byte         // the file with all of them in it: the text that was verified
	Cells       []Cell         // the other cells of its notebook that have bodies of it, as they then are
	Verdict     sandbox.Verdict
	Samples     int // drawn, for all functions together
	Runs        int
	Elapsed     time.Duration

	imports []parser.Import
}

// ImportEdit is the one edit that gives the file that the joint was sought for the imports
// that its bodies need; ok is false where it lacks none.
func (j *Joint) ImportEdit(f *parser.File) (span parser.Span, text string, ok bool) {
	return Completion{imports: j.imports}.ImportEdit(f)
}

// A Cell is the text of one cell of a notebook, under the path that the others know it by.
type Cell struct {
	Path string
	Text []byte
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
		return isPartner(h) || !speaksOf(spec, h) ||
			slices.ContainsFunc(written, func(c Completion) bool { return slices.Contains(word.FindAllString(c.body, -1), h.Name) })
	})
}

// CompleteTogether writes the function of job.Spec together with its partners and those
// unwritten helpers that its bodies call: functions of file, which the spec came from, or of
// other cells, at module level. It is nil if there are none, or if no combination passed. known, if not
// nil, is what Complete came to for the same job: its bodies are not drawn again.
//
// A helper or partner counts as verified only if the checks fail without it.
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

// helpersOf are the functions that may be written together with a spec, partners among
// them, those first that others use.
func helpersOf(file *parser.File, spec *parser.Spec) []*parser.Spec {
	if spec == nil || len(spec.Checks) == 0 || spec.Name != spec.QualifiedName {
		return nil
	}
	specs := append(file.Specs(), file.OtherCells()...)
	partners := partnersOf(specs, spec)
	var helpers []*parser.Spec
	for _, s := range parser.Order(specs) {
		if s.Name == s.QualifiedName && s.Name != spec.Name && (len(s.Checks) == 0 || partners[s.Name]) {
			helpers = append(helpers, s)
		}
	}
	return helpers
}

// partnersOf names the functions that the checks of a spec need beside it, and those that
// their checks need.
func partnersOf(specs []*parser.Spec, spec *parser.Spec) map[string]bool {
	found := map[string]bool{}
	var add func(s *parser.Spec)
	add = func(s *parser.Spec) {
		for _, c := range s.Checks {
			for _, name := range c.Awaits {
				i := slices.IndexFunc(specs, func(s *parser.Spec) bool { return s.QualifiedName == name })
				if i >= 0 && !found[name] {
					found[name] = true
					add(specs[i])
				}
			}
		}
	}
	add(spec)
	return found
}

// isPartner tells a partner among the functions of helpersOf: helpers have no checks.
func isPartner(h *parser.Spec) bool { return len(h.Checks) > 0 }

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

// run draws bodies of the partners, and of the helpers that the caller's bodies call, and
// tries the combinations.
func (s *search) run(ctx context.Context, callers []Candidate) (*Joint, error) {
	callers, err := s.sound(ctx, s.job.Spec, callers)
	if err != nil {
		return nil, err
	}
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
				if drawn[h], err = s.sound(ctx, h, bodies); err != nil {
					return nil, err
				}
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
// calls it, for it has none. A partner has its own.
func (s *search) described(helper *parser.Spec) *parser.Spec {
	if isPartner(helper) {
		return helper
	}
	h := *helper
	h.Checks = s.job.Spec.Checks
	return &h
}

// sound are the bodies of a function that pass those of its checks that need no partner.
// One that calls a helper cannot be judged by itself, and stays.
func (s *search) sound(ctx context.Context, spec *parser.Spec, bodies []Candidate) ([]Candidate, error) {
	own := *spec
	own.Checks = slices.DeleteFunc(slices.Clone(spec.Checks), func(c parser.Check) bool { return len(c.Awaits) > 0 })
	if len(own.Checks) == 0 || len(own.Checks) == len(spec.Checks) {
		return bodies, nil
	}
	var kept []Candidate
	for _, cand := range bodies {
		if !slices.ContainsFunc(s.helpers, func(h *parser.Spec) bool { return len(callsOf(h.Name, cand.Body)) > 0 }) {
			v, _, err := s.verdict(ctx, []part{{spec: &own}}, []string{cand.Body})
			if err != nil {
				return nil, err
			}
			if v.Status != sandbox.Passed {
				continue
			}
		}
		kept = append(kept, cand)
	}
	return kept, nil
}

// usedBy are the partners, the helpers that a body calls, and those that these speak of.
func (s *search) usedBy(body string) []*parser.Spec {
	used := map[string]bool{}
	for _, h := range s.helpers {
		if isPartner(h) || len(callsOf(h.Name, body)) > 0 {
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
	prompt := s.job.Form.Prompt(spec, s.job.Modules.For(spec, s.job.Dir))
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
	v, n, err := s.verdict(ctx, parts, bodies)
	if err != nil || v.Status != sandbox.Passed {
		return nil, err
	}
	for i, p := range parts[:len(parts)-1] {
		without := slices.Clone(bodies)
		without[i] = unwritten(p.spec)
		if v, _, err := s.verdict(ctx, parts, without); err != nil || v.Status == sandbox.Passed {
			return nil, err // the checks say nothing of this one
		}
	}
	return s.joint(ctx, parts, choice, n.imports)
}

// joint puts the bodies and the imports that they need into the file, and verifies each
// function that has checks as it then is.
func (s *search) joint(ctx context.Context, parts []part, choice []int, imports []parser.Import) (*Joint, error) {
	file := s.file
	byPlace := make([]int, len(parts))
	for i := range parts {
		byPlace[i] = i
	}
	slices.SortFunc(byPlace, func(a, b int) int { return parts[b].spec.Hole.Start - parts[a].spec.Hole.Start })
	for _, i := range byPlace { // from the end, so that places stay
		spec, body := parts[i].spec, parts[i].bodies[choice[i]].Body
		file = file.EditCell(spec.Unit.Path, spec.Hole.Start, spec.Hole.End, spec.Replacement(body))
	}
	file = Completion{imports: imports}.withImports(file)
	j := &Joint{Text: file.Source(), Samples: s.samples, imports: imports}
	for i, p := range parts {
		if isPartner(p.spec) { // the function that was asked for comes last
			whole := FunctionNamed(file.Cell(p.spec.Unit.Path), p.spec.QualifiedName)
			if whole == nil {
				return nil, nil
			}
			v, err := s.once(ctx, Program(whole.Spec, s.job.Workspace))
			if err != nil || v.Status != sandbox.Passed {
				return nil, err
			}
			j.Verdict = v
		}
		if path := p.spec.Unit.Path; path != "" && !slices.ContainsFunc(j.Cells, func(c Cell) bool { return c.Path == path }) {
			j.Cells = append(j.Cells, Cell{path, file.Cell(path).Source()})
		}
		cand := p.bodies[choice[i]]
		j.Specs = append(j.Specs, p.spec)
		j.Completions = append(j.Completions, Completion{body: cand.Body, text: p.spec.Replacement(cand.Body), agree: cand.Samples})
	}
	for i := range j.Completions {
		j.Completions[i].verdict = j.Verdict
	}
	j.Runs, j.Elapsed = s.runs, time.Since(s.started)
	return j, nil
}

// verdict runs a combination, and says what it had to be run with.
func (s *search) verdict(ctx context.Context, parts []part, bodies []string) (sandbox.Verdict, needs, error) {
	c := newCombination(parts, bodies)
	v, n := withNeeds(c.needs, func(n needs) sandbox.Verdict {
		s.runs++
		return s.c.runner.Run(ctx, c.program(n, s.job.Workspace))
	})
	return v, n, failure(ctx, v)
}

// once runs a program.
func (s *search) once(ctx context.Context, p sandbox.Program) (sandbox.Verdict, error) {
	s.runs++
	v := s.c.runner.Run(ctx, p)
	return v, failure(ctx, v)
}

// failure is the error of a run that was broken off, or whose verdict holds for all bodies alike.
func failure(ctx context.Context, v sandbox.Verdict) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case blocks(v.Status):
		return &Obstacle{Verdict: v}
	}
	return nil
}
