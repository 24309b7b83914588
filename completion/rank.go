package completion

import (
	"cmp"
	"slices"

	"greenfill/completion/sandbox"
)

// ranked makes completions of the candidates that passed, best first: a behaviour that
// many samples agree on is more likely meant than one that a single sample shows. Among
// equals the body that more samples gave comes first, then the likelier; the
// log-probability is a sum over tokens, so that also means the shorter.
func ranked(candidates []Candidate) []Completion {
	var passed []Candidate
	agree := map[string]int{}
	for _, c := range candidates {
		if c.Verdict.Status != sandbox.Passed {
			continue
		}
		if c.behaviour == "" {
			c.behaviour = "body " + c.Body
		}
		agree[c.behaviour] += c.Samples
		passed = append(passed, c)
	}
	slices.SortStableFunc(passed, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(agree[b.behaviour], agree[a.behaviour]),
			cmp.Compare(b.Samples, a.Samples),
			cmp.Compare(b.LogProb, a.LogProb),
			cmp.Compare(len(a.Body), len(b.Body)),
			cmp.Compare(a.Body, b.Body),
		)
	})
	completions := make([]Completion, len(passed))
	for i, c := range passed {
		completions[i] = Completion{body: c.Body, text: c.Text, verdict: c.Verdict, agree: agree[c.behaviour], behaviour: c.behaviour, imports: c.needs.imports}
	}
	return completions
}
