package parser

// dedent is the text of a span with the column indent removed from each line that
// begins outside a string. The span begins behind its first line's indentation.
func dedent(src []byte, in Span, indent int) string {
	text := src[in.Start:in.End]
	if indent == 0 {
		return string(text)
	}
	out := make([]byte, 0, len(text))
	kept := 0
	for _, begin := range lineStarts(text)[1:] {
		out = append(out, text[kept:begin]...)
		kept = begin
		col := 0
		for kept < len(text) && col < indent && (text[kept] == ' ' || text[kept] == '\t') {
			if text[kept] == '\t' {
				col = col/8*8 + 8
			} else {
				col++
			}
			kept++
		}
		for ; col > indent; col-- { // a tab that reached too far
			out = append(out, ' ')
		}
	}
	return string(append(out, text[kept:]...))
}

// lineStarts are the offsets of the lines of text that do not begin within a string.
// The first is 0.
func lineStarts(text []byte) []int {
	starts := []int{0}
	sc := scanner{src: text}
	gap := 0 // where the white space before the next token begins
	for {
		t := sc.next()
		for i := gap; i < t.start; { // lines continued by a backslash
			if text[i] == '\n' || text[i] == '\r' {
				i = afterNewline(text, i)
				starts = append(starts, i)
				continue
			}
			i++
		}
		switch t.kind {
		case tokEnd:
			return starts
		case tokNewline:
			starts = append(starts, t.end)
		}
		gap = t.end
	}
}
