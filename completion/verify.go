package completion

import (
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// program is what the sandbox runs for one text of the spec's unit.
func program(spec *parser.Spec, unit parser.Fragment, dir, python string) sandbox.Program {
	open := spec.Filled(spec.Indent + "...")
	// A nested function is reached, and rebuilt, through the one around it.
	function, _, _ := strings.Cut(spec.QualifiedName, ".<locals>")
	p := sandbox.Program{
		Python:    python,
		Dir:       dir,
		Candidate: sandbox.Fragment{Line: unit.Line, Text: unit.Text},
		Unit:      sandbox.Fragment{Line: open.Line, Text: open.Text},
		Function:  function,
	}
	for _, f := range spec.Prelude {
		p.Prelude = append(p.Prelude, sandbox.Fragment{Line: f.Line, Text: f.Text})
	}
	for _, c := range spec.Checks {
		p.Checks = append(p.Checks, sandbox.Check{Form: form(c.Kind), Line: c.Line, Code: c.Code, Want: c.Want, Test: c.Test})
	}
	return p
}

// Program is what the sandbox runs for a function as it is written.
func Program(spec *parser.Spec, dir, python string) sandbox.Program {
	return program(spec, asWritten(spec), dir, python)
}

// asWritten is the unit with the body that stands there. Other functions of the unit that
// are still unwritten do not keep it from compiling.
func asWritten(spec *parser.Spec) parser.Fragment {
	base := spec.Unit.Span.Start
	return spec.Filled(spec.Unit.Text[spec.Hole.Start-base : spec.Hole.End-base])
}

// form is how the sandbox runs a check of a kind.
func form(k parser.CheckKind) sandbox.CheckForm {
	switch k {
	case parser.CheckDoctest:
		return sandbox.FormDoctest
	case parser.CheckTest:
		return sandbox.FormTest
	}
	return sandbox.FormStatement
}
