package completion

import (
	"path/filepath"
	"strings"

	"greenfill/completion/sandbox"
	"greenfill/parser"
)

// A Workspace is where the code of a file runs.
type Workspace struct {
	Dir    string // the folder that it may read and import from; "" means none
	Path   string // of the file: where it lies in Dir says what package its code is in; "" if it has no place
	Python string // the interpreter; "" means the one the sandbox finds
}

// program is what the sandbox runs for one text of the spec's unit.
func program(spec *parser.Spec, unit parser.Fragment, w Workspace) sandbox.Program {
	open := spec.Filled(spec.Indent + "...")
	// A nested function is reached, and rebuilt, through the one around it.
	function, _, _ := strings.Cut(spec.QualifiedName, ".<locals>")
	p := sandbox.Program{
		Python:    w.Python,
		Dir:       w.Dir,
		File:      w.Path,
		Candidate: sandbox.Fragment{Line: unit.Line, Text: unit.Text},
		Unit:      sandbox.Fragment{Line: open.Line, Text: open.Text},
		Function:  function,
	}
	for _, f := range spec.Prelude {
		p.Prelude = append(p.Prelude, sandbox.Fragment{Line: f.Line, Text: f.Text, File: fileOf(f.Path)})
	}
	for _, c := range spec.Checks {
		p.Checks = append(p.Checks, sandbox.Check{Form: form(c.Kind), Line: c.Line, Code: c.Code, Want: c.Want, Test: c.Test, File: fileOf(c.Path)})
	}
	return p
}

// fileOf is the file of tests that a statement stands in; a cell has the notebook's place.
func fileOf(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return ""
}

// Program is what the sandbox runs for a function as it is written.
func Program(spec *parser.Spec, w Workspace) sandbox.Program {
	return program(spec, asWritten(spec), w)
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
