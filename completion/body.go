package completion

import (
	"strings"

	"greenfill/parser"
)

// Stop is the engine's stop condition: it ends a sample once its body has ended.
func (p Prompt) Stop(text string) (keep int, stop bool) {
	end := bodyEnd(p.spec, text)
	return end, end < len(text)
}

// Body is what stands in the hole when a model continued the prompt with text.
func (p Prompt) Body(text string) string {
	body := strings.TrimRight(text[:bodyEnd(p.spec, text)], " \t\r\n")
	return strings.ReplaceAll(lf(body), "\n", p.spec.Newline)
}

// unwritten is a body that does nothing but say so.
func unwritten(spec *parser.Spec) string {
	return spec.Indent + "raise NotImplementedError"
}

// bodyEnd is the length of the part of text that belongs to the body: it ends before a
// line that is indented no deeper than the def itself.
func bodyEnd(spec *parser.Spec, text string) int {
	outer := len(spec.Indent) - len(spec.Step)
	at := 0
	for line := range strings.Lines(text) {
		code := strings.TrimLeft(line, " \t")
		if strings.TrimSpace(code) != "" && len(line)-len(code) <= outer {
			return at
		}
		at += len(line)
	}
	return len(text)
}
