package parser

import "strings"

// badStatements: checks of the function that are not Python.
func (f *function) badStatements() []Problem {
	var found []Problem
	for i, m := range f.x.module {
		n := m.names()
		if !(n.broken || n.legacy) || m.kind == stmtClass || i == f.top || f.outer != nil || f.class != nil || n.uses[f.name] == 0 {
			continue
		}
		if m.word != "assert" && !n.asserts {
			continue
		}
		found = append(found, f.x.problem(ProblemSyntax, f.x.assertSite(i, m), "is not Python 3, so it is left out"))
	}
	return found
}

// badComments: comments that speak of the function like a check and are none.
func (f *function) badComments() []Problem {
	var found []Problem
	p := f.part
	for i := 0; i < len(p.comments); {
		c := f.x.readComment(p, i)
		text, span := c.text, c.span
		i += c.n
		rest, isAssert := strings.CutPrefix(text, "assert ")
		if isAssert && !callsOne(rest, func(name string) bool { return name == f.name }) || !isAssert && !claims(text, f.name) {
			continue
		}
		if len(c.codes) > 0 {
			continue
		}
		problem := Problem{Kind: ProblemComment, Span: span, Line: p.line(span.Start),
			Message: "looks like a check of " + f.name + " and is not Python, so it is not read"}
		if assignsCall(text) {
			left, right, _ := strings.Cut(text, "=")
			problem.Message = "has = where a check has == or ->, so it is not read"
			problem.Fix = &Fix{Title: "Write ==", Span: span, Text: "# " + strings.TrimSpace(left) + " == " + strings.TrimSpace(right)}
		}
		found = append(found, problem)
	}
	return found
}

// claims says whether text begins with a call of the name and goes on with an arrow or
// an equals sign.
func claims(text, name string) bool {
	rest, ok := strings.CutPrefix(text, name+"(")
	if !ok {
		return false
	}
	sc := scanner{src: []byte(rest)}
	for depth := 1; depth > 0; {
		t := sc.next()
		switch {
		case t.kind == tokEnd:
			return false
		case t.kind == tokOp && strings.Contains("([{", rest[t.start:t.end]):
			depth++
		case t.kind == tokOp && strings.Contains(")]}", rest[t.start:t.end]):
			depth--
		}
	}
	_, found := cutAnyPrefix(strings.TrimSpace(rest[sc.pos:]), "->", "=")
	return found
}

// assignsCall says whether text is f(2) = 4: a call, an equals sign and an expression.
func assignsCall(text string) bool {
	if strings.Contains(text, "\n") {
		return false
	}
	parts := splitTop(text, "=")
	if len(parts) != 2 || strings.HasPrefix(parts[1], "=") || strings.HasPrefix(parts[1], ">") {
		return false
	}
	e := expressionOf(parts[0])
	return e != nil && e.kind == "call" && expressionOf(parts[1]) != nil
}

// badDoctest: the docstring has prompts and doctest would refuse it.
func (f *function) badDoctest() []Problem {
	doc, value := f.docstring()
	if doc == nil {
		return nil
	}
	_, bad := examples(value)
	if bad == 0 {
		return nil
	}
	line := min(f.part.line(doc.start)+bad-1, len(f.part.lines))
	start := f.part.lines[line-1]
	return []Problem{{Kind: ProblemDoctest, Span: Span{start, lineEnd(f.part.src, start)}, Line: line,
		Message: "doctest refuses this line (no blank after a prompt, or text left of one), so no example is read"}}
}
