package parser

// Statements hang together by indentation alone, as in Python's own grammar, so that a
// statement which is not yet Python harms none of its neighbours.

type stmtKind uint8

const (
	stmtSimple stmtKind = iota
	stmtBlock           // if, for, while, with, try, match and what belongs to them
	stmtDef
	stmtClass
	stmtDecorator
)

// A stmt is one statement: a simple one, or a compound one with its body.
type stmt struct {
	kind   stmtKind
	start  int // of its first token; decorators included
	head   int // of the token after the decorators
	end    int // of its last token, body included
	indent int
	broken bool
	// colon is the end of the header, colon included, of a compound statement; -1 if
	// it has none.
	colon      int
	word       string // the first word: "def" also behind async, "if", "assert", …
	name       Span   // of a def or a class
	decorators []Span
	inline     bool // stands on the line of its parent's header
	// clause: an elif, else, except or finally, in the body of the statement it belongs to.
	clause bool
	parent *stmt
	at     int // its place in the parent's body
	body   []*stmt
}

func (s *stmt) span() Span { return Span{s.start, s.end} }

// opensBlock says whether lines further right belong to s.
func (s *stmt) opensBlock() bool {
	return s.kind == stmtDef || s.kind == stmtClass || s.colon >= 0 && (len(s.body) == 0 || !s.body[0].inline)
}

// statements makes the tree of the source's statements; the root is a block without a header.
func statements(src []byte, ls []line) *stmt {
	b := builder{src: src, slab: make([]stmt, 0, len(ls)), root: &stmt{kind: stmtBlock, indent: -1, colon: 0}}
	b.open = []*stmt{b.root}
	for _, l := range ls {
		b.add(l)
	}
	b.undecorate()
	closeEnds(b.root)
	return b.root
}

type builder struct {
	src  []byte
	root *stmt
	open []*stmt // the statements that the next line may belong to, outermost first
	// decorators stand right before the next line.
	decorators []*stmt
	slab       []stmt // where statements come from: there are many
}

func (b *builder) new() *stmt {
	if len(b.slab) == cap(b.slab) {
		b.slab = make([]stmt, 0, 64)
	}
	b.slab = b.slab[:len(b.slab)+1]
	return &b.slab[len(b.slab)-1]
}

func (b *builder) add(l line) {
	s := b.statement(l)
	for len(b.open) > 1 {
		top := b.open[len(b.open)-1]
		if top.indent < l.indent && top.opensBlock() {
			break
		}
		if top.indent == l.indent && !top.clause && takesClause(top.word, s.word) {
			s.clause = true
			break
		}
		b.open = b.open[:len(b.open)-1]
	}
	parent := b.open[len(b.open)-1]
	if s.kind == stmtDecorator {
		s.parent = parent
		b.decorators = append(b.decorators, s)
		return
	}
	if n := len(b.decorators); n > 0 {
		first := b.decorators[0]
		if (s.kind == stmtDef || s.kind == stmtClass) && first.parent == parent {
			s.start = first.start
			for _, d := range b.decorators {
				s.decorators = append(s.decorators, d.span())
				s.broken = s.broken || d.broken
			}
			b.decorators = b.decorators[:0]
		} else {
			b.undecorate()
		}
	}
	s.parent = parent
	parent.body = append(parent.body, s)
	b.open = append(b.open, s)
	switch {
	case s.colon < 0 && l.semicolon:
		b.split(s, parent)
	case s.colon >= 0 && s.colon < l.end:
		b.suite(s, l)
	}
}

// takesClause says whether a statement that begins with word can go on with a clause.
func takesClause(word, clause string) bool {
	switch clause {
	case "elif":
		return word == "if"
	case "else":
		return word == "if" || word == "for" || word == "while" || word == "try"
	case "except", "finally":
		return word == "try"
	}
	return false
}

// isEmptyBlock says whether a header has no statement below it or behind it.
func (s *stmt) isEmptyBlock() bool {
	return s.colon >= 0 && (len(s.body) == 0 || s.body[0].clause)
}

// undecorate makes statements of decorators that no definition follows.
func (b *builder) undecorate() {
	for _, d := range b.decorators {
		d.broken = true
		d.kind = stmtSimple
		d.parent.body = append(d.parent.body, d)
	}
	b.decorators = b.decorators[:0]
}

// statement reads what kind of statement begins on l, and its header.
func (b *builder) statement(l line) *stmt {
	s := b.new()
	*s = stmt{start: l.start, head: l.start, end: l.end, indent: l.indent, broken: l.broken, colon: -1}
	sc := scanner{src: b.src[:l.end], pos: l.start}
	t := sc.next()
	if t.kind == tokOp && b.src[t.start] == '@' {
		s.kind = stmtDecorator
		return s
	}
	if t.kind != tokName {
		return s
	}
	s.word = string(b.src[t.start:t.end])
	if s.word == "async" {
		t = sc.next()
		s.word = string(b.src[t.start:t.end])
	}
	switch s.word {
	case "def", "class":
		t = sc.next()
		if t.kind != tokName {
			s.broken = true
			return s
		}
		s.name = Span{t.start, t.end}
		s.kind = stmtDef
		if s.word == "class" {
			s.kind = stmtClass
		}
		s.colon = headerEnd(sc)
	case "if", "elif", "else", "for", "while", "with", "try", "except", "finally":
		s.kind = stmtBlock
		s.colon = headerEnd(sc)
	default:
		if l.opens { // match and case, which are keywords only here
			s.kind = stmtBlock
			s.colon = l.end
		}
	}
	return s
}

// headerEnd is the end of the first colon outside brackets that is no lambda's, or -1.
func headerEnd(sc scanner) int {
	depth, lambdas := 0, 0
	for {
		t := sc.next()
		switch t.kind {
		case tokEnd:
			return -1
		case tokName:
			if depth == 0 && string(sc.src[t.start:t.end]) == "lambda" {
				lambdas++
			}
		case tokOp:
			switch c := sc.src[t.start]; {
			case c == '(' || c == '[' || c == '{':
				depth++
			case c == ')' || c == ']' || c == '}':
				depth--
			case c == ':' && t.end == t.start+1 && depth <= 0:
				if lambdas == 0 {
					return t.end
				}
				lambdas--
			}
		}
	}
}

// suite gives s the statements that follow its colon on the same line.
func (b *builder) suite(s *stmt, l line) {
	for _, part := range splitSemicolons(b.src, Span{s.colon, l.end}) {
		child := b.statement(line{start: part.Start, end: part.End, indent: l.indent + 1, broken: l.broken})
		child.inline = true
		child.parent = s
		s.body = append(s.body, child)
	}
}

// split makes several statements of one line with semicolons. s, the first, is in
// parent's body already.
func (b *builder) split(s *stmt, parent *stmt) {
	for i, part := range splitSemicolons(b.src, Span{s.start, s.end}) {
		if i == 0 {
			s.end = part.End
			continue
		}
		next := b.statement(line{start: part.Start, end: part.End, indent: s.indent, broken: s.broken})
		next.parent = parent
		parent.body = append(parent.body, next)
	}
}

// splitSemicolons are the non-empty parts of a line between semicolons outside brackets.
func splitSemicolons(src []byte, in Span) []Span {
	var parts []Span
	sc := scanner{src: src[:in.End], pos: in.Start}
	depth := 0
	part := Span{-1, -1}
	for {
		t := sc.next()
		if t.kind == tokEnd || t.kind == tokOp && src[t.start] == ';' && depth == 0 {
			if part.Start >= 0 {
				parts = append(parts, part)
			}
			part = Span{-1, -1}
			if t.kind == tokEnd {
				return parts
			}
			continue
		}
		if t.kind == tokOp {
			switch src[t.start] {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth = max(depth-1, 0)
			}
		}
		if t.kind == tokNewline || t.kind == tokComment {
			continue
		}
		if part.Start < 0 {
			part.Start = t.start
		}
		part.End = t.end
	}
}

// closeEnds stretches statements over their bodies and numbers them. It keeps its own stack: source may
// nest deeper than goroutines like to.
func closeEnds(root *stmt) {
	for order, i := []*stmt{root}, 0; ; i++ {
		if i == len(order) {
			for j := len(order) - 1; j > 0; j-- {
				p := order[j].parent
				p.end = max(p.end, order[j].end)
			}
			return
		}
		for at, s := range order[i].body {
			s.at = at
			order = append(order, s)
		}
	}
}
