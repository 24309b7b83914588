package completion

import (
	"strings"

	"greenfill/parser"
)

// bodyPrompt is a prompt whose continuation is the body itself.
func bodyPrompt(spec *parser.Spec, text string) Prompt {
	return Prompt{
		Text: text,
		Stop: parser.CutBody,
		Body: func(text string) string {
			keep, _ := parser.CutBody(text)
			return spec.Reindent(text[:keep])
		},
	}
}

// unwritten is a body that does nothing but say so.
func unwritten(spec *parser.Spec) string {
	return spec.Indent + "raise NotImplementedError"
}

// lf gives s the line ending that models were trained on.
func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
