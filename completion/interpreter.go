package completion

import (
	"context"
	"regexp"

	"greenfill/completion/sandbox"
)

// An Interpreter is the Python that bodies are run with.
type Interpreter struct {
	Path    string `json:"path"`    // "" if there is none
	Version string `json:"version"` // such as "3.12.4"; "" if it does not run
}

// Interpreter is the one that runs the code of a workspace; python is a Job's.
func (c *Completer) Interpreter(ctx context.Context, dir, python string) Interpreter {
	i := Interpreter{Path: python}
	if python == "" {
		i.Path, _ = sandbox.FindPython(dir) // none is an answer
	}
	// It is asked where everything runs: a wrong assert tells the value that came out.
	v := c.runner.Run(ctx, sandbox.Program{
		Python: python, Dir: dir, Function: "version",
		Candidate: sandbox.Fragment{Line: 1, Text: "def version():\n    import sys\n    return '.'.join(map(str, sys.version_info[:3]))\n"},
		Unit:      sandbox.Fragment{Line: 1, Text: "def version():\n    ...\n"},
		Checks:    []sandbox.Check{{Form: sandbox.FormStatement, Line: 1, Code: "assert version() == ''"}},
	})
	if m := repr.FindStringSubmatch(v.Actual); m != nil {
		i.Version = m[1]
	}
	return i
}

// repr is a version as Python writes down a string.
var repr = regexp.MustCompile(`^'(\d+\.\d+\.\d+)'$`)
