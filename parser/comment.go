package parser

import (
	"bytes"
	"strings"
)

// Assert comments say what must hold where no statement does. The text behind the hash
// is one of
//
//	check  = "assert" expression [ "," message ]
//	       | expression "->" expression          also "=>"
//	       | expression "==" expression          also "!=", "<", "is", "in", …
//	checks = check { ";" check }
//
// where expressions are Python's and every name in them is defined in the file or
// built in; in the second and third form some function of the file is called. A text
// that is not complete (an open bracket, an operator or a backslash at its end) goes on
// in the comment on the next line. Behind a statement that is one expression, or an
// assignment of one,
//
//	f(2)  # -> 4
//
// the arrow alone says what the expression must be equal to. See GRAMMAR.md.

// commentText is the text behind the hash, or "" for #! and #: and the like.
func commentText(src []byte, c comment) string {
	return strings.TrimSpace(strings.TrimLeft(string(src[c.Start:c.End]), "#"))
}

// mayBeCheck says whether a comment's text has a form of a check, by its looks.
func mayBeCheck(text string) bool {
	text = strings.TrimSpace(strings.TrimLeft(text, "#"))
	if strings.HasPrefix(text, "assert ") || strings.HasPrefix(text, "assert(") {
		return true
	}
	if !strings.Contains(text, "(") {
		return false
	}
	for _, operator := range []string{"==", "!=", "<", ">", " is ", " in "} {
		if strings.Contains(text, operator) {
			return true
		}
	}
	return false
}

// isOpen says whether the text goes on in the next comment, and whether within brackets.
func isOpen(text string) (open, inBrackets bool) {
	sc := scanner{src: []byte(text)}
	depth, last := 0, token{}
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		if t.kind == tokOp {
			switch text[t.start] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
		}
		last = t
	}
	if depth > 0 {
		return true, true
	}
	if strings.HasSuffix(text, "\\") {
		return true, false
	}
	switch word := text[last.start:last.end]; word {
	case "->", "=>", "==", "!=", "<=", "<", "+", "-", "*", "and", "or", "not", "in", "is":
		return true, false
	case ">":
		return strings.HasSuffix(text, "=>"), false
	}
	return false, false
}

// readChecks reads the checks of a comment's text, continuation lines included. ok is
// false where the text is not of the grammar. calls says whether a name is that of a
// function that checks are about.
func readChecks(text string, calls func(name string) bool) (codes []string, ok bool) {
	for _, part := range splitTop(text, ";") {
		code, ok := readCheck(strings.TrimSpace(part), calls)
		if !ok {
			return nil, false
		}
		codes = append(codes, code)
	}
	return codes, len(codes) > 0
}

func readCheck(text string, calls func(name string) bool) (code string, ok bool) {
	if rest, found := strings.CutPrefix(text, "assert"); found && rest != "" && !isNameByte(rest[0]) {
		tree := parseTree([]byte(text))
		return text, tree != nil && !tree.hasError() && len(tree.kids) >= 1 && tree.kids[0].kind == "assert_statement" && onlyComments(tree.kids[1:])
	}
	if left, right, found := cutArrow(text); found {
		code = equality(left, right)
		l, r := expressionOf(left), expressionOf(right)
		return code, l != nil && r != nil && callsOne(left, calls)
	}
	e := expressionOf(text)
	if e == nil || e.kind != "comparison_operator" || !callsOne(text, calls) {
		return "", false
	}
	return "assert " + text, true
}

func onlyComments(ns []*node) bool {
	for _, n := range ns {
		if n.kind != "comment" {
			return false
		}
	}
	return true
}

// equality is the assert that left equals right.
func equality(left, right string) string {
	return "assert " + operand(left) + " == " + operand(right)
}

// operand puts an expression into parentheses where it would not stand beside ==.
func operand(text string) string {
	text = strings.TrimSpace(text)
	e := expressionOf(text)
	if e == nil {
		return text
	}
	switch e.kind {
	case "comparison_operator", "boolean_operator", "not_operator", "conditional_expression",
		"lambda", "expression_list", "tuple", "named_expression", "yield", "expression_statement":
		if e.kind != "tuple" || text[0] != '(' {
			return "(" + text + ")"
		}
	}
	return text
}

// expressionOf is the tree of a text that is one expression, or nil.
func expressionOf(text string) *node {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	tree := parseTree([]byte(text))
	if tree == nil || tree.hasError() || len(tree.kids) == 0 || !onlyComments(tree.kids[1:]) {
		return nil
	}
	s := tree.kids[0]
	if s.kind != "expression_statement" || len(s.kids) == 0 {
		return nil
	}
	if len(s.kids) > 1 {
		return &node{kind: "expression_list", start: s.start, end: s.end, kids: s.kids}
	}
	switch e := s.kids[0]; e.kind {
	case "assignment", "augmented_assignment", "print_statement", "exec_statement":
		return nil
	default:
		return e
	}
}

// callsOne says whether text has a name that calls accepts before an opening parenthesis.
func callsOne(text string, calls func(name string) bool) bool {
	sc := scanner{src: []byte(text)}
	name := ""
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		if t.kind == tokOp && text[t.start] == '(' && name != "" && calls(name) {
			return true
		}
		name = ""
		if t.kind == tokName {
			name = text[t.start:t.end]
		}
	}
	return false
}

// cutArrow cuts text at its first -> or => outside brackets, strings and lambdas.
func cutArrow(text string) (left, right string, found bool) {
	for _, arrow := range []string{"->", "=>"} {
		if parts := splitTop(text, arrow); len(parts) == 2 {
			return trimContinued(parts[0]), trimContinued(parts[1]), true
		}
	}
	return "", "", false
}

// trimContinued is text without white space and backslashes of continued lines around.
func trimContinued(text string) string { return strings.Trim(text, " \t\n\\") }

// splitTop splits text at an operator outside brackets and strings.
func splitTop(text, op string) []string {
	var parts []string
	src := []byte(text)
	sc := scanner{src: src}
	depth, begin := 0, 0
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		if t.kind == tokComment {
			break
		}
		if t.kind != tokOp {
			continue
		}
		switch src[t.start] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth == 0 && bytes.HasPrefix(src[t.start:], []byte(op)) {
			parts = append(parts, text[begin:t.start])
			begin = t.start + len(op)
			sc.pos = begin
		}
	}
	return append(parts, text[begin:])
}
