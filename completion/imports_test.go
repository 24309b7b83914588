package completion

import (
	"context"
	"strings"
	"testing"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// TestLeftOutIsRemembered: a result that rests on a statement which the prelude leaves out
// is of use only as long as the statement stays as it is.
func TestLeftOutIsRemembered(t *testing.T) {
	const source = "def squares():\n    return [0, 1, 4]\n\n\nTABLE = squares()\n\n\ndef square(n):\n    \"\"\"The square of n.\"\"\"\n\n\nassert square(2) == 4\n"
	s := &script{samples: []string{"    return TABLE[n]"}, rules: []rule{
		{"TABLE = squares()", sandbox.Verdict{Status: sandbox.Passed, Passed: 1, Total: 1}},
		{"TABLE[n]", sandbox.Verdict{Status: sandbox.Raised, ErrorType: "NameError", Total: 1}},
	}}
	c := New(s, s, Options{})
	job := func(source string) Job {
		return Job{Spec: parser.Parse([]byte(source)).Specs()[0], Sampling: DefaultSampling()}
	}
	r, err := c.Complete(context.Background(), job(source), nil)
	if err != nil || len(r.Completions) != 1 {
		t.Fatalf("the body did not pass with its table: %+v, %v", r, err)
	}
	if _, ok := c.Lookup(job("# Squares.\n\n" + source)); !ok {
		t.Error("the file moved down and the result was forgotten")
	}
	if _, ok := c.Lookup(job(strings.Replace(source, "TABLE = squares()", "TABLE = squares()[1:]", 1))); ok {
		t.Error("the table is another and the result is still given")
	}
}
