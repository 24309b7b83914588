package parser

import "strings"

// Reindent gives each line of body the indentation indent, and step for each level
// below. Lines within brackets keep their distance to their statement; those within
// strings stay as they are. The first line may lack its indentation. Line breaks
// become "\n".
func Reindent(body, indent, step string) string {
	r := reindenter{src: []byte(universalNewlines(body)), indent: indent, step: step}
	ls, comments := lines(r.src)
	r.place(ls, comments)
	return r.text(ls, comments)
}

type reindenter struct {
	src          []byte
	indent, step string
	levels       map[int]placed // by the offset of a line's first token
	stack        []int          // columns of the blocks that are open
	opened       bool           // the last line opens a block
}

// A placed line goes from column col to level.
type placed struct{ col, level int }

// place gives each logical line and each comment its level.
func (r *reindenter) place(ls []line, comments []comment) {
	r.levels = map[int]placed{}
	if len(ls) == 0 {
		return
	}
	cols := make([]int, len(ls))
	for i, l := range ls {
		cols[i] = l.indent
	}
	cols[0] = firstColumn(cols, ls[0].opens)
	r.stack = []int{cols[0]}
	k := 0
	for i, l := range ls {
		for ; k < len(comments) && comments[k].Start < l.start; k++ {
			if comments[k].alone {
				r.placeComment(comments[k])
			}
		}
		r.placeLine(cols[i], l)
	}
	for ; k < len(comments); k++ {
		if comments[k].alone {
			r.placeComment(comments[k])
		}
	}
}

// firstColumn is where a body's first line stands. Where it lacks its indentation, that
// is where the lines after it stand that are not in its block.
func firstColumn(cols []int, opens bool) int {
	if len(cols) == 1 {
		return cols[0]
	}
	least := cols[1]
	for _, c := range cols[1:] {
		least = min(least, c)
	}
	if least > cols[0] && (!opens || least < cols[1]) {
		return least
	}
	return cols[0]
}

func (r *reindenter) placeLine(col int, l line) {
	for len(r.stack) > 1 && col < r.stack[len(r.stack)-1] {
		r.stack = r.stack[:len(r.stack)-1]
	}
	if top := r.stack[len(r.stack)-1]; col > top && r.opened {
		r.stack = append(r.stack, col)
	}
	r.levels[l.start] = placed{col, len(r.stack) - 1}
	r.opened = l.opens
}

func (r *reindenter) placeComment(c comment) {
	level := len(r.stack) - 1
	for level > 0 && c.indent < r.stack[level] {
		level--
	}
	if r.opened && c.indent > r.stack[len(r.stack)-1] {
		level++
	}
	r.levels[c.Start] = placed{c.indent, level}
}

// text writes the body with each line at its place.
func (r *reindenter) text(ls []line, comments []comment) string {
	var out strings.Builder
	shift := placed{} // of the statement that continued lines belong to
	starts := lineStarts(r.src)
	for i, begin := range starts {
		end := len(r.src)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		col, first := columnFrom(r.src, begin)
		rest := string(r.src[min(first, end):end])
		if strings.Trim(rest, " \t\f\n") == "" {
			if strings.HasSuffix(rest, "\n") {
				out.WriteByte('\n')
			}
			continue
		}
		if at, ok := r.levels[first]; ok {
			shift = at
			out.WriteString(r.indent + strings.Repeat(r.step, at.level))
		} else {
			out.WriteString(r.indent + strings.Repeat(r.step, shift.level))
			out.WriteString(strings.Repeat(" ", max(col-shift.col, 0)))
		}
		out.WriteString(rest)
	}
	return out.String()
}

// Reindent makes a body for [Spec.Replacement] of a sampled continuation of Head (and
// of Begun, which the text does not repeat): cut at the function's end, without repeated
// signature and docstring, without blank lines around, in the file's indentation and
// line ending.
func (s *Spec) Reindent(text string) string {
	text = universalNewlines(text)
	if s.Begun == "" {
		text = s.withoutRepeats(withoutFence(text))
	} else {
		text = universalNewlines(s.Begun) + text
	}
	keep, _ := CutBody(text)
	body := Reindent(trimBlankLines(text[:keep]), s.Indent, s.Step)
	if s.Newline != "\n" {
		body = strings.ReplaceAll(body, "\n", s.Newline)
	}
	return body
}

// trimBlankLines removes blank lines at the start, and all white space at the end.
func trimBlankLines(text string) string {
	for {
		i := strings.IndexByte(text, '\n')
		if i < 0 || strings.TrimSpace(text[:i]) != "" {
			return strings.TrimRight(text, " \t\n\f")
		}
		text = text[i+1:]
	}
}

// withoutFence removes a code fence that opens the text.
func withoutFence(text string) string {
	trimmed := strings.TrimLeft(text, " \n")
	if !strings.HasPrefix(trimmed, "```") {
		return text
	}
	if i := strings.IndexByte(trimmed, '\n'); i >= 0 {
		return trimmed[i+1:]
	}
	return ""
}

// withoutRepeats removes the function's signature from the start of text, and then its
// docstring if the spec has one.
func (s *Spec) withoutRepeats(text string) string {
	src := []byte(text)
	ls, _ := lines(src)
	root := statements(src, ls)
	if len(root.body) == 0 {
		return text
	}
	first := root.body[0]
	if first.kind == stmtDef && first.colon >= 0 && text[first.name.Start:first.name.End] == s.Name {
		text = text[first.colon:]
		if len(first.body) > 0 && first.body[0].inline {
			text = strings.TrimLeft(text, " ")
		}
		src = []byte(text)
		ls, _ = lines(src)
		root = statements(src, ls)
	}
	if s.Doc == "" || len(root.body) == 0 {
		return text
	}
	if _, ok := docstringOf(src, root.body[0]); ok {
		return text[root.body[0].end:]
	}
	return text
}
