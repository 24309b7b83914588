package parser

import (
	"sort"
	"strings"
)

// maxCommentLines is how many comments one check may go over.
const maxCommentLines = 20

// commentSites are the checks in a part's comments.
func (x *index) commentSites(p *part) []*site {
	var sites []*site
	for i := 0; i < len(p.comments); {
		c := x.readComment(p, i)
		sites = append(sites, x.sitesOf(p, c)...)
		i += c.n
	}
	return sites
}

// A commentCheck is what a comment, with those that continue it, was read as.
type commentCheck struct {
	first comment
	span  Span
	n     int      // comments it goes over
	text  string   // behind the hashes
	codes []string // the asserts it stands for, none if it is no check
}

// readComment reads comment i. One that with its continuation is no check is read alone.
func (x *index) readComment(p *part, i int) commentCheck {
	text, n := x.gather(p, i)
	first := p.comments[i]
	var codes []string
	open, _ := isOpen(text)
	ok := !open
	if ok {
		codes, ok = x.codesOf(p, first, text)
	}
	if !ok && n > 1 {
		text, n = commentText(p.src, first), 1
		if open, _ = isOpen(text); !open {
			codes, ok = x.codesOf(p, first, text)
		}
	}
	if !ok {
		codes = nil
	}
	return commentCheck{first, Span{first.Start, p.comments[i+n-1].End}, n, text, codes}
}

func (x *index) codesOf(p *part, first comment, text string) (codes []string, ok bool) {
	if mayBeCheck(text) {
		return readChecks(text, x.isFunctionName)
	}
	if rest, found := cutAnyPrefix(text, "->", "=>", "=="); found && !first.alone {
		return x.valueOfLine(p, first, rest)
	}
	return nil, false
}

// gather is the text of comment i with the comments that continue it, and how many
// they are in all. Lines are kept apart as Python would have them.
func (x *index) gather(p *part, i int) (text string, n int) {
	c := p.comments[i]
	text = commentText(p.src, c)
	if !mayBeCheck(text) && !beginsWithCall(text) {
		return text, 1
	}
	n = 1
	for n < maxCommentLines && i+n < len(p.comments) {
		open, inBrackets := isOpen(text)
		next := p.comments[i+n]
		if !open || !next.alone || p.line(next.Start) != p.line(c.Start)+n || c.alone && next.indent != c.indent {
			break
		}
		switch {
		case inBrackets:
			text += "\n"
		case strings.HasSuffix(text, "\\"):
			text += "\n"
		default:
			text += " \\\n"
		}
		text += commentText(p.src, next)
		n++
	}
	return text, n
}

// beginsWithCall says whether a text may be the first line of a check that is told from
// prose only by what follows: f(1,
func beginsWithCall(text string) bool {
	i := strings.IndexByte(text, '(')
	return i > 0 && !strings.Contains(text[:i], " ")
}

func (x *index) sitesOf(p *part, c commentCheck) []*site {
	var sites []*site
	for _, code := range c.codes {
		names := x.cache.names(code)
		if !x.resolves(names, c.text) {
			continue
		}
		sites = append(sites, &site{
			Check:  Check{Kind: CheckComment, Span: c.span, Line: p.line(c.span.Start), Code: code, Path: p.path},
			before: x.statementsBefore(p, c.span.Start), at: -1, main: underMainGuard(p, c.first), mentions: names, needs: names,
		})
	}
	return sites
}

func cutAnyPrefix(text string, prefixes ...string) (rest string, found bool) {
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

// valueOfLine reads f(2)  # -> 4: the statement before the comment is an expression, an
// assignment of one, or a print of one.
func (x *index) valueOfLine(p *part, c comment, value string) (codes []string, ok bool) {
	start := lineStart(p.src, c.Start)
	text := strings.TrimSpace(string(p.src[start:c.Start]))
	if inner, found := strings.CutPrefix(text, "print("); found && strings.HasSuffix(inner, ")") {
		text = strings.TrimSuffix(inner, ")")
		if len(splitTop(text, ",")) != 1 {
			return nil, false
		}
	} else if parts := splitTop(text, "="); len(parts) == 2 && !strings.HasPrefix(parts[1], "=") {
		text = parts[1]
	}
	if expressionOf(text) == nil || expressionOf(value) == nil || !callsOne(text, x.isFunctionName) {
		return nil, false
	}
	return []string{equality(text, value)}, true
}

// isFunctionName says whether a def of the file, or a class of it, has the name.
func (x *index) isFunctionName(name string) bool {
	for _, i := range x.binders()[name] {
		if k := x.module[i].kind; k == stmtDef || k == stmtClass || k == stmtBlock {
			return true
		}
	}
	for _, f := range x.functions {
		if f.class != nil && f.name == name {
			return true
		}
	}
	return false
}

// resolves says whether every name is bound in the module or built in. A comment that
// says assert may call functions that are still missing.
func (x *index) resolves(n *names, text string) bool {
	for name := range n.uses {
		if !x.isDefined(name) && !(strings.HasPrefix(text, "assert") && callsOne(text, func(called string) bool { return called == name })) {
			return false
		}
	}
	return true
}

func (x *index) isDefined(name string) bool {
	return builtinNames[name] || len(x.binders()[name]) > 0 || x.hasStar()
}

// hasStar says whether the module has an import that may bind any name.
func (x *index) hasStar() bool { return len(x.binders()[starImport]) > 0 }

// statementsBefore is how many module statements begin before an offset of the part.
func (x *index) statementsBefore(p *part, offset int) int {
	lo := sort.Search(len(x.module), func(i int) bool { return x.module[i].part == p })
	if p == x.parts[0] {
		lo = 0
	}
	n := lo
	for n < len(x.module) && x.module[n].part == p && x.module[n].start < offset {
		n++
	}
	return n
}

// underMainGuard says whether a comment belongs to if __name__ == "__main__":
func underMainGuard(p *part, c comment) bool {
	n := sort.Search(len(p.root.body), func(i int) bool { return p.root.body[i].start > c.Start })
	if n == 0 {
		return false
	}
	s := p.root.body[n-1]
	return isMainGuard(p.src, s) && (c.Start < s.end || c.alone && c.indent > s.indent)
}
