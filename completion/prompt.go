package completion

import (
	"strings"

	"greenfill/parser"
)

// A Form is a way to ask a model for a body.
type Form int

const (
	// FormChat is a conversation in ChatML, as Qwen and SmolLM2 Instruct models were
	// trained on: the spec is the user's message, and the assistant's answer has
	// already begun, up to the end of the docstring.
	FormChat Form = iota + 1
	// FormPlain is the file itself, checks first as comments, for models that only
	// continue text.
	FormPlain
)

// A Prompt is a text to continue, and how to read what the model makes of it.
type Prompt struct {
	Text string
	spec *parser.Spec
}

// Prompt asks for the body of spec.
func (f Form) Prompt(spec *parser.Spec) Prompt {
	if f == FormPlain {
		return Prompt{Text: plainText(spec), spec: spec}
	}
	return Prompt{Text: chatText(spec), spec: spec}
}

func chatText(spec *parser.Spec) string {
	var b strings.Builder
	b.WriteString("<|im_start|>system\nYou are an expert Python programmer.<|im_end|>\n")
	b.WriteString("<|im_start|>user\nComplete the body of this Python function:\n```python\n")
	b.WriteString(preludeText(spec))
	b.WriteString(head(spec) + spec.Indent + "...\n```\n")
	b.WriteString("Your code should pass these tests:\n```python\n" + checksText(spec) + "```<|im_end|>\n")
	b.WriteString("<|im_start|>assistant\n```python\n" + head(spec))
	return b.String()
}

func plainText(spec *parser.Spec) string {
	var b strings.Builder
	b.WriteString(preludeText(spec))
	for line := range strings.Lines(checksText(spec)) {
		b.WriteString("# " + line)
	}
	return b.String() + "\n" + head(spec)
}

// head is the top-level statement that holds the hole, up to the hole's first line.
func head(spec *parser.Spec) string {
	before := spec.Unit.Text[:spec.Hole.Start-spec.Unit.Span.Start]
	return lf(strings.TrimRight(before, " \t\r\n")) + "\n"
}

// preludeText is what the body may use from the rest of the file.
func preludeText(spec *parser.Spec) string {
	var b strings.Builder
	for _, f := range spec.Prelude {
		b.WriteString(lf(strings.TrimRight(f.Text, "\r\n")) + "\n")
	}
	if len(spec.Prelude) > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

// checksText is the checks as code. Doctests stand in the docstring already.
func checksText(spec *parser.Spec) string {
	var b strings.Builder
	for _, c := range spec.Checks {
		if c.Kind != parser.CheckDoctest {
			b.WriteString(lf(strings.TrimRight(c.Code, "\r\n")) + "\n")
		}
	}
	return b.String()
}

// lf gives s the line ending that models were trained on.
func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
