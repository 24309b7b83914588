package eval

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// EditorFile writes a task as the file that a user would have: the signature of the
// reference solution, the task's sentence as its docstring, and the asserts; also the
// classes of the reference that the asserts make objects of. It also returns the
// function's name.
func EditorFile(t Task) (source, name string, err error) {
	name, err = t.function()
	if err != nil {
		return "", "", err
	}
	code := strings.ReplaceAll(t.Code, "\r\n", "\n")
	signature := regexp.MustCompile(`(?m)^def\s+` + name + `\s*\(.*\).*:`).FindString(code)
	if signature == "" {
		return "", "", fmt.Errorf("MBPP task %d: no one-line signature of %s in the reference solution", t.ID, name)
	}
	var b strings.Builder
	for _, m := range class.FindAllStringSubmatch(code, -1) {
		if regexp.MustCompile(`\b` + m[1] + `\b`).MatchString(t.Setup + strings.Join(t.Tests, "\n")) {
			b.WriteString(strings.TrimRight(m[0], " \t\n") + "\n\n\n")
		}
	}
	if t.Setup != "" {
		b.WriteString(strings.ReplaceAll(t.Setup, "\r\n", "\n") + "\n\n\n")
	}
	b.WriteString(signature + "\n    " + docstring(t.Text) + "\n\n\n")
	b.WriteString(strings.Join(t.Tests, "\n") + "\n")
	return b.String(), name, nil
}

// class is a class statement at the left margin, with its body.
var class = regexp.MustCompile(`(?m)^class\s+(\w+).*\n(?:(?:[ \t].*)?\n)*(?:[ \t].*)?`)

var defined = regexp.MustCompile(`(?m)^def\s+(\w+)\s*\(`)

// function is the name that the reference solution defines and the first assert calls.
func (t Task) function() (string, error) {
	for _, m := range defined.FindAllStringSubmatch(t.Code, -1) {
		if regexp.MustCompile(`\b` + m[1] + `\s*\(`).MatchString(t.Tests[0]) {
			return m[1], nil
		}
	}
	return "", fmt.Errorf("MBPP task %d: the asserts call no function of the reference solution", t.ID)
}

// docstring is text as a Python literal in triple quotes, escaped only where it must be.
func docstring(text string) string {
	if !strings.ContainsAny(text, "\\\"\n\r") {
		return `"""` + text + `"""`
	}
	quoted := strconv.QuoteToASCII(text)
	return `"""` + quoted[1:len(quoted)-1] + `"""`
}
