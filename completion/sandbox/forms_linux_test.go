package sandbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A formCase is one case of testdata/forms.txt.
type formCase struct {
	name    string
	want    string
	needs   string // a package that the interpreter must have, "" for none
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
			cases = append(cases, formCase{name: name, want: want, needs: option})
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
	runForms(t, r, os.Getenv("GREENFILL_TEST_PYTHON"), parseForms(t, "testdata/forms.txt"))
}

func runForms(t *testing.T, r *Runner, python string, cases []formCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.program.Python = python
			v := r.Run(context.Background(), c.program)
			if v.Status == PreludeFailed && v.ErrorType == "ModuleNotFoundError" && c.needs != "" && os.Getenv("CI") != "true" {
				t.Skip("this interpreter lacks a package: " + v.Message)
			}
			if v.Status.String() != c.want {
				t.Errorf("%v, want %s\n%+v", v.Status, c.want, v)
			}
			if (v.Weaker != "") != (c.needs == "weaker") {
				t.Errorf("weaker: %q, want %v", v.Weaker, c.needs == "weaker")
			}
		})
	}
}

// Every Python there is, from 3.8 on, judges alike. The short form takes every sixth case.
func TestPythons(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many interpreters")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	paths, err := filepath.Glob(filepath.Join(home, ".pyenv", "versions", "3.*", "bin", "python3"))
	if err != nil {
		t.Fatal(err)
	}
	r := testRunner(t, Options{})
	tried := 0
	for _, path := range paths {
		version := filepath.Base(filepath.Dir(filepath.Dir(path)))
		var minor int
		if _, err := fmt.Sscanf(version, "3.%d", &minor); err != nil || minor < 8 {
			continue
		}
		tried++
		t.Run(version, func(t *testing.T) {
			var cases []formCase
			for i, c := range parseForms(t, "testdata/forms.txt") {
				ofItself := c.needs == "" || c.needs == "weaker" // packages are TestForms'
				if ofItself && (full() || i%6 == tried%6) {
					cases = append(cases, c)
				}
			}
			runForms(t, r, path, cases)
		})
	}
	if tried == 0 {
		t.Skip("no interpreters under ~/.pyenv/versions")
	}
}

// A Python before 3.8 is refused in one sentence.
func TestOldPython(t *testing.T) {
	home, _ := os.UserHomeDir()
	for _, version := range []string{"2.7.18", "3.6.15", "3.7.16"} {
		path := filepath.Join(home, ".pyenv", "versions", version, "bin", "python")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		r := testRunner(t, Options{})
		p := one("    return x\n", "assert f(1) == 1")
		p.Python = path
		if v := r.Run(context.Background(), p); v.Status != PreludeFailed || !strings.Contains(v.Message, "3.8") {
			t.Errorf("%s: %v: %s", version, v.Status, v.Message)
		}
	}
}
