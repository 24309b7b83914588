package parser

import (
	"slices"
	"strconv"
	"strings"
)

// A call is one call of a name in a piece of code.
type call struct {
	Span
	text       string // normalized, see canonical
	positional int
	keywords   []string
	splat      bool // has *args or **kwargs
	literal    bool // all arguments are literals
	args       []string
}

// callsOf are the calls of a name in code, outermost first. name may be a class.
func callsOf(code string, name string) []call {
	tree := parseTree([]byte(code))
	if tree == nil {
		return nil
	}
	var found []call
	for stack := []*node{tree}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n.kind == "call" && len(n.kids) == 2 && n.kids[0].kind == "identifier" && code[n.kids[0].start:n.kids[0].end] == name {
			found = append(found, readCall(code, n))
		}
		for _, k := range slices.Backward(n.kids) {
			stack = append(stack, k)
		}
	}
	return found
}

func readCall(code string, n *node) call {
	c := call{Span: Span{n.start, n.end}, literal: true}
	c.text, _ = canonical(code, n)
	if n.kids[1].kind == "generator_expression" {
		c.positional, c.literal = 1, false
		return c
	}
	for _, arg := range n.kids[1].kids {
		switch arg.kind {
		case "comment", "line_continuation":
		case "keyword_argument":
			if len(arg.kids) == 0 {
				continue
			}
			c.keywords = append(c.keywords, code[arg.kids[0].start:arg.kids[0].end])
			c.literal = c.literal && len(arg.kids) > 1 && isLiteral(code, arg.kids[1])
		case "list_splat", "dictionary_splat":
			c.splat = true
			c.literal = false
		default:
			c.positional++
			c.args = append(c.args, code[arg.start:arg.end])
			c.literal = c.literal && isLiteral(code, arg)
		}
	}
	return c
}

func isLiteral(code string, n *node) bool {
	_, ok := canonical(code, n)
	return ok
}

// canonical writes an expression in one form for all its spellings: white space, quotes,
// digits and the order of sets and dictionaries do not matter. literal says whether it
// is made of literals only, so that equal values have equal forms.
func canonical(code string, n *node) (form string, literal bool) {
	text := code[n.start:n.end]
	switch n.kind {
	case "integer", "float":
		return canonicalNumber(text)
	case "true":
		return "1", true
	case "false":
		return "0", true
	case "none":
		return "None", true
	case "string":
		if value, isText := literalValue(text); isText {
			return strconv.Quote(value), true
		}
		return text, false
	case "parenthesized_expression":
		if len(n.kids) == 1 {
			return canonical(code, n.kids[0])
		}
	case "unary_operator":
		if len(n.kids) == 1 {
			form, literal = canonical(code, n.kids[0])
			return string(text[0]) + form, literal
		}
	case "list", "tuple", "set", "dictionary", "pair":
		return canonicalDisplay(code, n)
	}
	return canonicalTokens(text), false
}

func canonicalNumber(text string) (form string, literal bool) {
	plain := strings.ReplaceAll(text, "_", "")
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil && (plain[0] != '0' || len(plain) == 1 || !isDigit(plain[1])) {
		return strconv.FormatInt(i, 10), true
	}
	if f, err := strconv.ParseFloat(plain, 64); err == nil && !strings.ContainsAny(plain, "xXpP") {
		return strconv.FormatFloat(f, 'f', -1, 64), true
	}
	return plain, false
}

func canonicalDisplay(code string, n *node) (form string, literal bool) {
	literal = true
	var parts []string
	for _, k := range n.kids {
		if k.kind == "comment" || k.kind == "line_continuation" {
			continue
		}
		part, ok := canonical(code, k)
		parts = append(parts, part)
		literal = literal && ok
	}
	if n.kind == "pair" {
		return strings.Join(parts, ":"), literal
	}
	if n.kind == "set" || n.kind == "dictionary" {
		slices.Sort(parts)
	}
	return n.kind + "(" + strings.Join(parts, ",") + ")", literal
}

// canonicalTokens is text without white space and comments, strings by their value.
func canonicalTokens(text string) string {
	var out strings.Builder
	sc := scanner{src: []byte(text)}
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		word := text[t.start:t.end]
		switch t.kind {
		case tokComment, tokNewline:
		case tokName:
			out.WriteString(" " + word + " ")
		case tokString:
			if value, isText := literalValue(word); isText && !t.unclosed {
				word = strconv.Quote(value)
			}
			out.WriteString(word)
		default:
			out.WriteString(word)
		}
	}
	return out.String()
}

// A demand is a check's claim that a call has a value: assert f(2) == 4.
type demand struct {
	call  string // in canonical form
	value string
	shown string // the value as written
}

// demandsOf are the claims in code whose call has only literals for arguments, and at
// least one, and whose value is a literal.
func demandsOf(code, name string) []demand {
	tree := parseTree([]byte(code))
	if tree == nil {
		return nil
	}
	var found []demand
	add := func(left, right *node) {
		if left.kind != "call" || len(left.kids) != 2 || code[left.kids[0].start:left.kids[0].end] != name {
			return
		}
		c := readCall(code, left)
		value, ok := canonical(code, right)
		if ok && c.literal && c.positional+len(c.keywords) > 0 {
			found = append(found, demand{c.text, value, code[right.start:right.end]})
		}
	}
	for stack := []*node{tree}; len(stack) > 0; {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch {
		case n.kind == "comparison_operator" && len(n.kids) == 2:
			if strings.TrimSpace(code[n.kids[0].end:n.kids[1].start]) == "==" {
				add(n.kids[0], n.kids[1])
				add(n.kids[1], n.kids[0])
			}
		case n.kind == "call" && len(n.kids) == 2 && strings.HasSuffix(code[n.kids[0].start:n.kids[0].end], ".assertEqual"):
			if args := n.kids[1].kids; len(args) >= 2 {
				add(args[0], args[1])
				add(args[1], args[0])
			}
		}
		if n.kind == "assert_statement" || !negates(n) {
			for _, k := range slices.Backward(n.kids) {
				stack = append(stack, k)
			}
		}
	}
	return found
}

// negates says whether what stands below n is not claimed: assert not f(2) == 4.
func negates(n *node) bool {
	switch n.kind {
	case "not_operator", "boolean_operator", "conditional_expression", "if_statement", "while_statement", "lambda":
		return true
	}
	return false
}
