package eval

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"greenfill/completion"
	"greenfill/parser"
)

const (
	begin = "[BEGIN]\n"
	done  = "[DONE]"
)

// examples are the tasks that the paper shows the model before the one to be solved.
var examples = []int{2, 3, 4}

// Examples finds the paper's three examples: in the data itself, or in a file of the
// prompt split beside it.
func Examples(d *Data, path string) ([]Task, error) {
	if found, err := d.Find(examples...); err == nil {
		return found, nil
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("looking for MBPP's prompt split: %w", err)
	}
	for _, e := range entries {
		if !strings.Contains(e.Name(), "prompt") || !strings.HasSuffix(e.Name(), ".jsonl") {
			continue
		}
		if beside, err := Load(filepath.Join(filepath.Dir(path), e.Name())); err == nil {
			if found, err := beside.Find(examples...); err == nil {
				return found, nil
			}
		}
	}
	return nil, fmt.Errorf("the paper's form shows tasks 2, 3 and 4: put MBPP's prompt split (mbpp_prompt_1-10.jsonl) beside %s", path)
}

// Question is the paper's prompt for one task, up to where the model's code begins.
func Question(t Task) string {
	return "You are an expert Python programmer, and here is your task: " + t.Text +
		" Your code should pass these tests:\n\n" + strings.Join(t.Tests, "\n") + "\n" + begin
}

// FewShot is the paper's prompt: examples with their solutions, then the task.
func FewShot(examples []Task, t Task) string {
	var b strings.Builder
	for _, e := range examples {
		b.WriteString(Question(e) + e.Code + "\n" + done + "\n\n")
	}
	return b.String() + Question(t)
}

// paperForm asks for a whole program in the paper's words, which give the model no
// signature.
func paperForm(examples []Task, t Task) completion.Form {
	return completion.Form{
		Name:  "paper",
		Whole: true,
		Prompt: func(*parser.Spec, []completion.Imported) completion.Prompt {
			return completion.Prompt{
				Text: FewShot(examples, t),
				Stop: func(text string) (int, bool) {
					at := strings.Index(text, done)
					return max(at, 0), at >= 0
				},
				Body: func(text string) string {
					text, _, _ = strings.Cut(text, done)
					return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) + "\n"
				},
			}
		},
	}
}
