package completion

import (
	"strings"

	"greenfill/engine"
	"greenfill/parser"
)

// A Form is a way to ask a model for a body.
type Form struct {
	Name string
	// Prompt is the prompt for a spec that shows, beside what its file has, what it imports.
	Prompt func(spec *parser.Spec, imported []Imported) Prompt
	// Whole says that a Body is the whole top-level text with the function in it, and not
	// what goes into the spec's hole.
	Whole bool
}

// A Prompt is a text to continue, and how to read what the model makes of it.
type Prompt struct {
	Text string
	// Stop is an engine.Request's: it ends a sample once its body has ended.
	Stop func(text string) (keep int, stop bool)
	// Body is what goes into the spec's hole when the model continued with text.
	Body func(text string) string
}

// Chat is a conversation in ChatML, on which the Instruct models of Qwen and SmolLM2
// were trained: the spec is the user's message, and the assistant's answer has already
// begun, up to the end of the docstring.
var Chat = Form{Name: "chat", Prompt: func(s *parser.Spec, shown []Imported) Prompt { return bodyPrompt(s, chatText(s, shown)) }}

// Plain is the file itself with its checks moved up as comments, for models that only
// continue text.
var Plain = Form{Name: "plain", Prompt: func(s *parser.Spec, shown []Imported) Prompt { return bodyPrompt(s, plainText(s, shown)) }}

// FormFor is the form that suits a model: its own chat template if that is ChatML, and
// the end of the prompt where the model's tokens end.
func FormFor(m *engine.Model) Form {
	form := Plain
	if m.Info().ChatTemplate == "chatml" {
		form = Chat
	}
	for _, id := range m.Tokenizer().Encode(":\n    return", false) {
		if strings.Contains(m.Tokenizer().Piece(id), "\n ") {
			return form.openLine()
		}
	}
	return form
}

// openLine is the form without the last line break. Where a vocabulary has tokens of a
// line break with the indentation behind it, a prompt that ends between the two is
// nothing that the model has ever seen: SmolLM2 answers it with nothing at all.
func (f Form) openLine() Form {
	open := f
	open.Name += ", open line"
	open.Prompt = func(spec *parser.Spec, imported []Imported) Prompt {
		p := f.Prompt(spec, imported)
		p.Text = strings.TrimSuffix(p.Text, "\n")
		return p
	}
	return open
}

func chatText(spec *parser.Spec, imported []Imported) string {
	var b strings.Builder
	b.WriteString("<|im_start|>system\nYou are an expert Python programmer.<|im_end|>\n")
	b.WriteString("<|im_start|>user\nComplete the body of this Python function:\n```python\n")
	b.WriteString(preludeText(spec, imported))
	if spec.Name == spec.QualifiedName {
		b.WriteString(head(spec) + "    ...\n```\n")
	} else {
		b.WriteString(userText(strings.TrimRight(spec.Filled(spec.Indent+"...").Text, "\r\n")) + "\n```\n")
	}
	b.WriteString("Your code should pass these tests:\n```python\n" + checksText(spec) + "```<|im_end|>\n")
	b.WriteString("<|im_start|>assistant\n```python\n" + head(spec) + userText(spec.Begun))
	return b.String()
}

func plainText(spec *parser.Spec, imported []Imported) string {
	var b strings.Builder
	b.WriteString(preludeText(spec, imported))
	for line := range strings.Lines(checksText(spec)) {
		b.WriteString("# " + line)
	}
	return b.String() + "\n" + head(spec) + userText(spec.Begun)
}

// head is the function as written so far, up to the end of a line.
func head(spec *parser.Spec) string {
	return userText(strings.TrimRight(spec.Head(), " \t\r\n")) + "\n"
}

// userText is the user's text as it may stand in a prompt: with plain line ends, and with
// the names of control tokens broken, so that a docstring cannot end the conversation.
func userText(text string) string { return strings.ReplaceAll(lf(text), "<|", "< |") }

// offeredBytes bounds what is shown of the file and its imports beside what the spec surely
// needs: about 1,000 tokens, a few seconds of prefill on a laptop.
const offeredBytes = 4 << 10

// preludeText is what the body may use from the rest of the file and of the modules that
// it imports: all that the spec needs, the stubs behind their import, and of what else it
// might use the first that fit.
func preludeText(spec *parser.Spec, imported []Imported) string {
	var b strings.Builder
	left := offeredBytes
	put := func(text string) { b.WriteString(userText(strings.TrimRight(text, "\r\n")) + "\n") }
	statements := map[int]bool{} // by place
	for _, i := range imported {
		statements[i.Place] = true
		for _, stub := range i.Stubs {
			left -= len(stub) + 1
		}
	}
	for _, f := range spec.Prelude {
		for len(imported) > 0 && imported[0].Place <= f.Place {
			putImported(put, imported[0])
			imported = imported[1:]
		}
		if statements[f.Place] {
			continue
		}
		if f.Offered {
			if len(f.Text) > left {
				continue
			}
			left -= len(f.Text)
		}
		put(f.Text)
	}
	for _, i := range imported {
		putImported(put, i)
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

// putImported shows a statement, and below it what it imports.
func putImported(put func(text string), i Imported) {
	put(i.Text)
	for _, stub := range i.Stubs {
		put(stub)
	}
}

// checksText is the checks as code. Doctests stand in the docstring already.
func checksText(spec *parser.Spec) string {
	var b strings.Builder
	for _, c := range spec.Checks {
		if c.Kind != parser.CheckDoctest {
			b.WriteString(userText(strings.TrimRight(c.Code, "\r\n")) + "\n")
		}
	}
	return b.String()
}
