package parser

import (
	"regexp"
	"slices"
	"strings"
)

// An example is one interactive example of a docstring, read as the doctest module
// reads it.
type example struct {
	source string // without prompts, ending in a line break
	want   string // expected output, ending in a line break if not empty
	line   int    // lines of the docstring before it
	lines  int    // that it goes over, its expected output included
	indent int
}

var (
	promptLine   = regexp.MustCompile(`^( *)>>>(.*)$`)
	continuation = regexp.MustCompile(`^ *\.\.\.`)
	optionSkip   = regexp.MustCompile(`#\s*doctest:.*\+SKIP`)
)

// examples reads the examples of a docstring's value. A docstring that doctest refuses
// (no blank after a prompt, lines left of their prompt) has none; bad is its line.
func examples(doc string) (found []example, bad int) {
	lines := strings.Split(expandTabs(doc), "\n")
	margin := commonIndent(lines)
	for i := range lines {
		lines[i] = lines[i][min(margin, len(lines[i])):]
	}
	for i := 0; i < len(lines); {
		m := promptLine.FindStringSubmatch(lines[i])
		if m == nil {
			i++
			continue
		}
		e := example{line: i, indent: len(m[1])}
		end := i + 1
		for end < len(lines) && continuation.MatchString(lines[end]) {
			end++
		}
		source, ok := withoutPrompts(slices.Clone(lines[i:end]), e.indent)
		if !ok {
			return nil, i + 1
		}
		wantEnd := end
		for wantEnd < len(lines) && !isBlank(lines[wantEnd]) && !isPrompt(lines[wantEnd]) {
			if !strings.HasPrefix(lines[wantEnd], m[1]) {
				return nil, wantEnd + 1
			}
			e.want += lines[wantEnd][e.indent:] + "\n"
			wantEnd++
		}
		e.source, e.lines = source, wantEnd-i
		if !isBlankOrComment(source) {
			found = append(found, e)
		}
		i = wantEnd
	}
	return found, 0
}

// commonIndent is the least indentation of lines that are not blank.
func commonIndent(lines []string) int {
	least := -1
	for _, line := range lines {
		if content := strings.TrimLeft(line, " "); content != "" && (least < 0 || len(line)-len(content) < least) {
			least = len(line) - len(content)
		}
	}
	return max(least, 0)
}

func isBlank(line string) bool { return strings.Trim(line, " ") == "" }

// isPrompt says whether a line ends the expected output before it.
func isPrompt(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">>>") }

// withoutPrompts removes indentation and prompts from lines, in place; ok is false where doctest complains.
func withoutPrompts(lines []string, indent int) (source string, ok bool) {
	for i, line := range lines {
		if strings.TrimLeft(line[:min(indent, len(line))], " ") != "" || len(line) < indent+3 {
			return "", false
		}
		if len(line) > indent+3 && line[indent+3] != ' ' {
			return "", false
		}
		lines[i] = line[min(indent+4, len(line)):]
	}
	source = strings.Join(lines, "\n")
	if !strings.HasSuffix(source, "\n") {
		source += "\n"
	}
	return source, true
}

func isBlankOrComment(source string) bool {
	text := strings.TrimLeft(strings.TrimSuffix(source, "\n"), " ")
	return text == "" || text[0] == '#' && !strings.Contains(text, "\n")
}
