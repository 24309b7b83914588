package lsp

import (
	"fmt"
	"sort"
	"strings"

	"greenfill/completion"
)

// verdictLine says in one line what went wrong.
func verdictLine(v completion.Verdict) string {
	switch {
	case v.Actual != "" || v.Expected != "":
		call := v.Inputs
		if call == "" {
			call = v.Source
		}
		return fmt.Sprintf("%s is %s, not %s", call, orUnknown(v.Actual), orUnknown(v.Expected))
	case v.ErrorType != "" && v.Message != "" && !strings.Contains(v.Message, v.ErrorType):
		return v.ErrorType + ": " + v.Message
	case v.Message != "":
		return v.Message
	case v.Source != "":
		return v.Source + " does not hold"
	}
	return completion.StatusNames[v.Status]
}

func orUnknown(s string) string {
	if s == "" {
		return "something else"
	}
	return s
}

// wireVerdict is a verdict in PROTOCOL.md's words.
func wireVerdict(v completion.Verdict) Verdict {
	message := v.Message
	if message == "" && !completion.Passed(v) {
		message = verdictLine(v)
	}
	return Verdict{
		Status: completion.StatusNames[v.Status], Passed: v.Passed, Total: v.Total,
		Line: v.Line, Source: v.Source, Inputs: v.Inputs, Actual: v.Actual, Expected: v.Expected,
		Message: message, Milliseconds: float64(v.CPU.Microseconds()) / 1000,
	}
}

// explain says why nothing passed: the ways in which samples failed, the commonest first.
func (e *entry) explain() string {
	if len(e.bodies) > 0 {
		return e.summary()
	}
	if len(e.failed) == 0 {
		return e.name + ": " + e.summary()
	}
	counts := map[string]int{}
	for _, c := range e.failed {
		counts[verdictLine(c.Verdict)] += max(c.Samples, 1)
	}
	var reasons []string
	for r := range counts {
		reasons = append(reasons, r)
	}
	sort.Slice(reasons, func(i, j int) bool {
		if counts[reasons[i]] != counts[reasons[j]] {
			return counts[reasons[i]] > counts[reasons[j]]
		}
		return reasons[i] < reasons[j]
	})
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.name, e.summary())
	for i, r := range reasons {
		if i == 5 {
			fmt.Fprintf(&b, "\n… and %s", counted(len(reasons)-i, "other reason"))
			break
		}
		fmt.Fprintf(&b, "\n%d × %s", counts[r], shortened(r, 160))
	}
	return b.String()
}
