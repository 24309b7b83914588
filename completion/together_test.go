package completion

import (
	"context"
	"strings"
	"testing"

	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/parser"
)

const composite = `def is_prime(n):
    """Whether n is prime."""


def primes(n):
    """The primes up to n, by is_prime(k)."""


assert primes(3) == [2, 3]
`

// bench samples the bodies of each function in turn, and judges by the candidate's text.
type bench struct {
	bodies map[string][]string // by a word of the prompt's end
	passes func(candidate string) bool
	runs   []sandbox.Program
}

func (b *bench) Sample(_ context.Context, req engine.Request, yield func(engine.Sample) bool) (engine.Stats, error) {
	for name, bodies := range b.bodies {
		if strings.Contains(req.Prompt[strings.LastIndex(req.Prompt, "def "):], name) {
			for i, body := range bodies {
				yield(engine.Sample{Index: i, Text: body})
			}
		}
	}
	return engine.Stats{}, nil
}

func (b *bench) Run(_ context.Context, p sandbox.Program) sandbox.Verdict {
	b.runs = append(b.runs, p)
	text := p.Candidate.Text
	for _, f := range p.Prelude {
		text += f.Text
	}
	if b.passes(text) {
		return sandbox.Verdict{Status: sandbox.Passed, Passed: len(p.Checks), Total: len(p.Checks)}
	}
	return sandbox.Verdict{Status: sandbox.AssertFailed, Total: len(p.Checks)}
}

func together(t *testing.T, b *bench) *Joint {
	t.Helper()
	file := parser.Parse([]byte(composite))
	spec := file.Specs()[1]
	if !SpeaksOfHelpers(file, spec) || SpeaksOfHelpers(file, file.Specs()[0]) {
		t.Error("primes speaks of a helper, is_prime of none")
	}
	j, err := New(b, b, Options{}).CompleteTogether(t.Context(), file, Job{Spec: spec, Sampling: DefaultSampling()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestTogetherFindsTheCombination(t *testing.T) {
	b := &bench{
		bodies: map[string][]string{
			"is_prime": {"    return wrong", "    return right"},
			"primes":   {"    return is_prime(wrong)", "    return [2, 3]", "    return is_prime(n)"},
		},
		passes: func(text string) bool {
			return strings.Contains(text, "return right") && strings.Contains(text, "return is_prime(n)")
		},
	}
	j := together(t, b)
	if j == nil {
		t.Fatal("no combination was found")
	}
	want := strings.Replace(strings.Replace(composite, `prime."""`, `prime."""`+"\n    return right", 1), `is_prime(k)."""`, `is_prime(k)."""`+"\n    return is_prime(n)", 1)
	if string(j.Text) != want {
		t.Errorf("the file is\n%s\nwant\n%s", j.Text, want)
	}
	if len(j.Specs) != 2 || j.Specs[0].Name != "is_prime" || j.Completions[1].Body() != "    return is_prime(n)" {
		t.Errorf("specs %v, completions %+v", j.Specs, j.Completions)
	}
	// Unverified bodies never stand in the prelude, which the judging process trusts.
	for _, p := range b.runs[:len(b.runs)-1] {
		for _, f := range p.Prelude {
			if strings.Contains(f.Text, "is_prime") {
				t.Errorf("prelude holds %q", f.Text)
			}
		}
	}
	// The last run is of the text that the file will have.
	if last := b.runs[len(b.runs)-1]; !strings.Contains(last.Prelude[0].Text, "return right") {
		t.Errorf("the last run was of %+v", last)
	}
}

// A helper of which the checks say nothing is not verified by them.
func TestTogetherWantsHelpersExercised(t *testing.T) {
	j := together(t, &bench{
		bodies: map[string][]string{"is_prime": {"    return right"}, "primes": {"    return is_prime(n) or good"}},
		passes: func(text string) bool { return strings.Contains(text, "good") },
	})
	if j != nil {
		t.Errorf("served %s", j.Text)
	}
}

// A helper that a passing body does without stays unwritten, and that can be told.
func TestIdleHelpers(t *testing.T) {
	file := parser.Parse([]byte(composite))
	for body, want := range map[string]int{"    return [2, 3]": 1, "    return is_prime(n)": 0, "    return list(filter(is_prime, [2, 3]))": 0} {
		if got := IdleHelpers(file, file.Specs()[1], Completion{body: body}); len(got) != want {
			t.Errorf("%q leaves %d helpers idle, want %d", body, len(got), want)
		}
	}
}
