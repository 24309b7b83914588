package completion

import (
	"strings"

	"greenfill/parser"
)

// bodyPrompt is a prompt whose continuation is the body itself, or the rest of one that
// has been begun.
func bodyPrompt(spec *parser.Spec, text string) Prompt {
	return Prompt{Text: text, Stop: spec.CutBody, Body: spec.Reindent}
}

// unwritten is a body that does nothing but say so.
func unwritten(spec *parser.Spec) string {
	return spec.Indent + "raise NotImplementedError"
}

// lf gives s the line ending that models were trained on.
func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
