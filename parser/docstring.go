package parser

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// docstringOf says whether s is a docstring: string literals and nothing else, maybe in
// parentheses, neither bytes nor f-strings. value is their text with escapes replaced.
func docstringOf(src []byte, s *stmt) (value string, ok bool) {
	if s.kind != stmtSimple || s.broken {
		return "", false
	}
	sc := scanner{src: src[:s.end], pos: s.start}
	var out strings.Builder
	for {
		t := sc.next()
		switch {
		case t.kind == tokEnd:
			return out.String(), ok
		case t.kind == tokNewline || t.kind == tokComment:
		case t.kind == tokOp && (src[t.start] == '(' && !ok || src[t.start] == ')' && ok):
		case t.kind == tokString:
			part, isText := literalValue(string(src[t.start:t.end]))
			if !isText {
				return "", false
			}
			out.WriteString(part)
			ok = true
		default:
			return "", false
		}
	}
}

// literalValue is the value of one closed string literal; isText is false for bytes,
// f-strings and t-strings, and for what is no closed literal.
func literalValue(lit string) (value string, isText bool) {
	i := strings.IndexAny(lit, `'"`)
	if i < 0 || len(lit) < i+2 {
		return "", false
	}
	prefix := strings.ToLower(lit[:i])
	if strings.ContainsAny(prefix, "bft") {
		return "", false
	}
	body := lit[i+1 : len(lit)-1]
	if isTriple([]byte(lit)) && len(lit) >= i+6 {
		body = lit[i+3 : len(lit)-3]
	}
	body = universalNewlines(body)
	if strings.Contains(prefix, "r") {
		return body, true
	}
	return unescape(body), true
}

func universalNewlines(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

var simpleEscapes = map[byte]string{
	'\n': "", '\\': "\\", '\'': "'", '"': "\"", 'a': "\a", 'b': "\b", 'f': "\f",
	'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// unescape replaces Python's escape sequences. Named characters (\N{...}) and what is
// no escape stay as they are written.
func unescape(s string) string {
	if !strings.Contains(s, "\\") {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		if text, ok := simpleEscapes[c]; ok {
			out.WriteString(text)
			i += 2
			continue
		}
		base, first, most := 16, i+2, 0
		switch c {
		case 'x':
			most = 2
		case 'u':
			most = 4
		case 'U':
			most = 8
		case '0', '1', '2', '3', '4', '5', '6', '7':
			base, first, most = 8, i+1, 3
		}
		end := first
		for end < len(s) && end < first+most && isDigitOf(s[end], base) {
			end++
		}
		if code, err := strconv.ParseUint(s[first:end], base, 32); err == nil && (base == 8 || end == first+most) {
			out.WriteString(string(rune(min(code, utf8.MaxRune+1))))
			i = end
			continue
		}
		out.WriteByte('\\')
		i++
	}
	return out.String()
}

func isDigitOf(c byte, base int) bool {
	if base == 8 {
		return c >= '0' && c <= '7'
	}
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// cleanDoc removes a docstring's indentation as inspect.cleandoc does: the margin that
// all lines but the first share, white space before the first, blank lines around.
func cleanDoc(doc string) string {
	lines := strings.Split(expandTabs(doc), "\n")
	margin := -1
	for _, line := range lines[1:] {
		if content := strings.TrimLeft(line, pythonSpace); content != "" {
			if indent := len(line) - len(content); margin < 0 || indent < margin {
				margin = indent
			}
		}
	}
	lines[0] = strings.TrimLeft(lines[0], pythonSpace)
	for i := 1; i < len(lines) && margin >= 0; i++ {
		lines[i] = lines[i][min(margin, len(lines[i])):]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	return strings.Join(lines, "\n")
}

// pythonSpace is the ASCII white space of str.strip; docstrings hardly hold other.
const pythonSpace = " \t\n\r\v\f\x1c\x1d\x1e\x1f"

// expandTabs is str.expandtabs().
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var out strings.Builder
	column := 0
	for _, r := range s {
		switch r {
		case '\t':
			for n := 8 - column%8; n > 0; n-- {
				out.WriteByte(' ')
				column++
			}
		case '\n', '\r':
			column = 0
			out.WriteRune(r)
		default:
			column++
			out.WriteRune(r)
		}
	}
	return out.String()
}
