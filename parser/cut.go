package parser

import "strings"

// CutBody says how much of a sampled continuation is the function's body. text follows
// the signature or the docstring; its first line may be indented already or not, and may
// repeat the signature. keep is where the last statement of the body ends; done says
// that text goes on beyond the body, or is about to, so that no more is needed.
//
// The body ends before the first line that stands left of it and is not blank, a
// comment, or inside a string or brackets, and before a code fence.
func CutBody(text string) (keep int, done bool) {
	c := bodyCutter{scanner: scanner{src: []byte(text)}, base: unknownColumn, inner: unknownColumn}
	return c.run()
}

// CutBody is [CutBody] for a text that continues the spec's Begun.
func (s *Spec) CutBody(text string) (keep int, done bool) {
	keep, done = CutBody(s.Begun + text)
	return max(keep-len(s.Begun), 0), done
}

const unknownColumn = -1

type bodyCutter struct {
	scanner
	base  int  // the column of the body, once known
	inner int  // the least column seen under a first line that opens a block
	depth int  // of open brackets
	first bool // a line has been seen
	// decorated: only decorators have been seen, of a signature that is repeated.
	decorated bool
	keep      int
}

func (c *bodyCutter) run() (keep int, done bool) {
	lineBegins := true
	opens := false
	for {
		c.fence()
		t := c.next()
		if t.kind == tokEnd {
			return c.keep, false
		}
		if t.kind == tokNewline {
			lineBegins = lineBegins || c.depth == 0
			if c.depth > 0 && c.leaves(t.end) {
				return c.keep, true
			}
			continue
		}
		if t.kind == tokComment {
			if !lineBegins && c.depth == 0 {
				c.keep = t.end
			}
			continue
		}
		if lineBegins {
			if c.ends(t, opens) {
				return c.keep, true
			}
			lineBegins = false
		}
		opens = t.kind == tokOp && c.src[t.start] == ':' && t.end == t.start+1 && c.depth == 0
		if t.kind == tokOp {
			switch c.src[t.start] {
			case '(', '[', '{':
				c.depth++
			case ')', ']', '}':
				c.depth = max(c.depth-1, 0)
			}
		}
		c.keep = t.end
	}
}

// fence ends the source before a line of three backquotes.
func (c *bodyCutter) fence() {
	_, first := columnFrom(c.src, c.pos)
	if strings.HasPrefix(string(c.src[first:min(first+3, len(c.src))]), "```") {
		c.src = c.src[:c.pos]
	}
}

// leaves says whether the line at i, within open brackets, shows that the brackets do
// not close: it stands left of the body and begins a statement.
func (c *bodyCutter) leaves(i int) bool {
	base := c.base
	if base == unknownColumn {
		base = 1
	}
	return c.beginsStatement(i, base)
}

// ends says whether the line that begins with t is beyond the body. opens tells of the
// line before it.
func (c *bodyCutter) ends(t token, opens bool) bool {
	start := lineStart(c.src, t.start)
	col, _ := columnFrom(c.src, start)
	if !c.first {
		c.first = true
		repeats := c.defines(t)
		c.decorated = c.src[t.start] == '@'
		if col > 0 && !repeats {
			c.base = col
		}
		// Unindented on the first line of text means that the indentation came before.
		return col == 0 && start > 0 && !repeats
	}
	switch {
	case c.decorated && c.defines(t):
		c.decorated = c.src[t.start] == '@'
	case c.base != unknownColumn:
		return col < c.base
	case col == 0:
		return true
	case c.inner == unknownColumn && opens:
		c.inner = col
	case c.inner == unknownColumn || col < c.inner:
		c.base = col
	}
	return false
}

// defines says whether a definition begins with the token t: def, async def, a decorator.
func (c *bodyCutter) defines(t token) bool {
	word := string(c.src[t.start:t.end])
	if word == "async" {
		next := scanner{src: c.src, pos: t.end}
		t = next.next()
		word = string(c.src[t.start:t.end])
	}
	return word == "def" || word == "@"
}
