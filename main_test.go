package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"greenfill/completion/sandbox"
	"greenfill/engine/catalog"
)

func TestMain(m *testing.M) {
	sandbox.Main() // the sandbox starts this binary again to confine it
	testscript.Main(m, map[string]func(){"greenfill": main})
}

// TestScripts runs the sessions of testdata/script with the real binary, the real
// sandbox and, where a script says [model:NAME], a real model.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("GREENFILL_MODELS", catalog.Dir())
			e.Setenv("PYTHONDONTWRITEBYTECODE", "1")
			for _, name := range []string{"GREENFILL_MODEL", "GREENFILL_PYTHON", "GREENFILL_MODEL_SOURCE"} {
				e.Setenv(name, "")
			}
			return nil
		},
		Cmds:      map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Condition: condition,
	})
}

// condition knows [model:NAME], a model that is on this machine, and [full], the long
// form of the tests. In CI a missing model is an error.
func condition(cond string) (bool, error) {
	if cond == "full" {
		return os.Getenv("GREENFILL_FULL") != "", nil
	}
	name, ok := strings.CutPrefix(cond, "model:")
	m, known := catalog.Find(name)
	if !ok || !known {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	if !m.Installed() && os.Getenv("CI") != "" {
		return false, fmt.Errorf("model %s is not in %s: greenfill model pull %s", m.Name, catalog.Dir(), m.Name)
	}
	return m.Installed(), nil
}

// exits runs a command and asks for its exit code: "exits 2 greenfill check x.py".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGS]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
