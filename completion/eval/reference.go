package eval

import (
	"fmt"
	"strings"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// References are the programs of the tasks' own solutions, run against the tasks' own
// asserts. Those of quarantined tasks are left out.
func References(d *Data, python string) ([]sandbox.Program, error) {
	var programs []sandbox.Program
	for _, t := range d.Tasks {
		if Quarantine[t.ID] != "" {
			continue
		}
		name, err := t.function()
		if err != nil {
			return nil, err
		}
		text := strings.ReplaceAll(strings.Join([]string{t.Setup, t.Code, strings.Join(t.Tests, "\n"), ""}, "\n\n"), "\r\n", "\n")
		var found *parser.Spec
		for _, spec := range parser.Parse([]byte(text)).Functions() {
			if spec.QualifiedName == name {
				found = spec
			}
		}
		if found == nil {
			return nil, fmt.Errorf("MBPP task %d: no function %s in the reference solution", t.ID, name)
		}
		programs = append(programs, completion.Program(found, completion.Workspace{Python: python}))
	}
	return programs, nil
}
