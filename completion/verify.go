package completion

import (
	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// filled is the top-level statement that holds the spec's hole, with body in its place:
// exactly the text that the user's file will have.
func filled(spec *parser.Spec, body string) string {
	text, base := spec.Unit.Text, spec.Unit.Span.Start
	return text[:spec.Hole.Start-base] + body + text[spec.Hole.End-base:]
}

// program is what the sandbox runs for one text of the spec's unit.
func program(spec *parser.Spec, unit, dir, python string) sandbox.Program {
	p := sandbox.Program{
		Python:    python,
		Dir:       dir,
		Candidate: sandbox.Fragment{Line: spec.Unit.Line, Text: unit},
		Function:  spec.QualifiedName,
	}
	for _, f := range spec.Prelude {
		p.Prelude = append(p.Prelude, sandbox.Fragment{Line: f.Line, Text: f.Text})
	}
	for _, c := range spec.Checks {
		p.Checks = append(p.Checks, sandbox.Check{Form: form(c.Kind), Line: c.Line, Code: c.Code, Want: c.Want, Test: c.Test})
	}
	return p
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
