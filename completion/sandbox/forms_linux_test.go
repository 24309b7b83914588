package sandbox

import (
	"context"
	"os"
	"strings"
	"testing"
)

// A formCase is one case of testdata/forms.txt.
type formCase struct {
	name    string
	want    string
	weaker  bool
	pytest  bool // needs an interpreter that has pytest
	program Program
}

// parseForms reads the format that testdata/forms.txt describes.
func parseForms(t testing.TB, path string) []formCase {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []formCase
	var part *string // where lines of the current part go
	line := 0
	add := func(l string) {
		if part != nil {
			*part += l + "\n"
		}
	}
	for _, l := range strings.Split(string(data), "\n") {
		line++
		if title, ok := strings.CutPrefix(l, "=== "); ok {
			name, rest, _ := strings.Cut(title, " | ")
			want, option, _ := strings.Cut(rest, " ")
			cases = append(cases, formCase{name: name, want: want, weaker: option == "weaker", pytest: option == "pytest"})
			part = nil
			continue
		}
		if len(cases) == 0 {
			continue
		}
		p := &cases[len(cases)-1].program
		word, arg, _ := strings.Cut(l, " ")
		switch word {
		case "@prelude":
			p.Prelude = append(p.Prelude, Fragment{Line: line + 1})
			part = &p.Prelude[len(p.Prelude)-1].Text
		case "@candidate":
			p.Function, p.Candidate.Line = arg, line+1
			part = &p.Candidate.Text
		case "@unit":
			p.Unit.Line = line + 1
			part = &p.Unit.Text
		case "@check", "@doctest", "@test":
			form := map[string]CheckForm{"@check": FormStatement, "@doctest": FormDoctest, "@test": FormTest}[word]
			p.Checks = append(p.Checks, Check{Form: form, Line: line + 1, Test: arg})
			part = &p.Checks[len(p.Checks)-1].Code
		case "@want":
			part = &p.Checks[len(p.Checks)-1].Want
		default:
			if l != "" || part == nil || *part != "" {
				add(l)
			}
		}
	}
	for i := range cases {
		for j := range cases[i].program.Checks {
			c := &cases[i].program.Checks[j]
			c.Code = strings.TrimRight(c.Code, "\n") + "\n"
			if c.Want = strings.TrimRight(c.Want, "\n"); c.Want != "" {
				c.Want += "\n"
			}
		}
	}
	return cases
}

// testRunner is a Runner on this machine's strongest layers, closed when the test ends.
func testRunner(t testing.TB, o Options) *Runner {
	t.Helper()
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func TestForms(t *testing.T) {
	r := testRunner(t, Options{})
	for _, c := range parseForms(t, "testdata/forms.txt") {
		t.Run(c.name, func(t *testing.T) {
			c.program.Python = os.Getenv("GREENFILL_TEST_PYTHON")
			v := r.Run(context.Background(), c.program)
			if c.pytest && strings.Contains(v.Message, "pytest") && (v.Status == PreludeFailed || v.Status == CheckInvalid) {
				t.Skip("this interpreter has no pytest: " + v.Message)
			}
			if v.Status.String() != c.want {
				t.Errorf("%v, want %s\n%+v", v.Status, c.want, v)
			}
			if (v.Weaker != "") != c.weaker {
				t.Errorf("weaker: %q, want %v", v.Weaker, c.weaker)
			}
		})
	}
}
