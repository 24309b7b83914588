package lsp

// What an edit may replace. A body was verified as part of a function's text, so every
// surface here is the difference between the text that stands there now and the text
// that was verified: what the user has after accepting is what was run.

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion"
	"greenfill/parser"
)

// fits says whether a body may still be offered over a function's text: the text is as
// it was when the body was sought, or lacks nothing but what the body adds.
func (b body) fits(now string) bool {
	if now == b.from {
		return true
	}
	start, oldEnd, newEnd := difference(now, b.region)
	return start < newEnd && blank(now[start:oldEnd])
}

// A change replaces a span of a document.
type change struct {
	parser.Span
	text string
}

// change is the smallest edit that puts a body into a function of a document.
func (d *Document) change(fn *completion.Function, b body) change {
	now := d.Text[fn.Body.Start:fn.Body.End]
	start, oldEnd, newEnd := difference(now, b.region)
	return change{parser.Span{Start: fn.Body.Start + start, End: fn.Body.Start + oldEnd}, b.region[start:newEnd]}
}

// changes are all edits that put a body into a function of a document: its imports at the
// top of the file, and the body.
func (d *Document) changes(fn *completion.Function, b body) []change {
	list := []change{d.change(fn, b)}
	if c, ok := d.imports(b); ok {
		list = append([]change{c}, list...)
	}
	return list
}

// imports is the edit that gives the document the imports that a body needs.
func (d *Document) imports(b body) (c change, ok bool) {
	span, text, ok := b.completion.ImportEdit(d.File())
	return change{span, text}, ok
}

// around is a function with the empty line that the cursor stands on, where that is the
// first one behind it: the line where the body is to appear.
func (d *Document) around(fn *completion.Function, cursor int) *completion.Function {
	line := d.Mapper.LineSpan(cursor)
	if line.Start <= fn.Body.End || strings.Trim(d.Text[fn.Body.End:line.Start], "\r") != "\n" || !blank(d.Text[line.Start:line.End]) {
		return fn
	}
	wider := *fn
	wider.Body.End = line.End
	return &wider
}

// ghost is a body as text that appears at the cursor: a change on the cursor's line that
// only adds to what is typed there. selected, if not nil, is what an open popup would put
// into its range first. ok is false where the hole's shape does not allow it.
func (d *Document) ghost(fn *completion.Function, b body, cursor int, selected *change) (c change, ok bool) {
	at, typed := change{Span: parser.Span{Start: cursor, End: cursor}}, ""
	if selected != nil {
		at, typed = *selected, selected.text
	}
	if at.Start < fn.Body.Start || at.End > fn.Body.End {
		return c, false
	}
	line := d.Mapper.LineSpan(at.End)
	if at.Start < line.Start || !blank(d.Text[at.End:line.End]) {
		return c, false
	}
	before, after := d.Text[fn.Body.Start:at.Start], d.Text[at.End:fn.Body.End]
	rest, ok1 := strings.CutPrefix(b.region, before)
	rest, ok2 := strings.CutSuffix(rest, after)
	if !ok1 || !ok2 || rest == "" || !strings.HasPrefix(rest, typed) {
		return c, false
	}
	// The words already typed belong to the range, so that a key typed before accepting
	// neither doubles nor loses anything.
	written := d.Text[line.Start:at.Start]
	words := strings.TrimLeft(written, " \t\f")
	if selected != nil || rest[0] == '\n' || rest[0] == '\r' {
		words = ""
	}
	return change{parser.Span{Start: at.Start - len(words), End: at.End}, words + rest}, true
}

// An item is a body as a completion item: the edit on the cursor's line, which holds the
// cursor, and what else must go.
type item struct {
	main   change
	others []change
	filter string
}

// item says how a body goes into a popup at the cursor.
func (d *Document) item(fn *completion.Function, b body, cursor int) item {
	c := d.change(fn, b)
	line := d.Mapper.LineSpan(cursor)
	if c.Start > line.End || c.End < line.Start {
		// The hole is on other lines: the popup's own edit changes nothing.
		return item{main: change{Span: parser.Span{Start: cursor, End: cursor}}, others: []change{c}}
	}
	var it item
	main := change{parser.Span{Start: max(c.Start, line.Start), End: min(c.End, line.End)}, c.text}
	if c.Start < main.Start {
		it.others = append(it.others, change{Span: parser.Span{Start: c.Start, End: main.Start}})
	}
	if main.End < c.End {
		it.others = append(it.others, change{Span: parser.Span{Start: main.End, End: c.End}})
	}
	if cursor < main.Start {
		main.text = d.Text[cursor:main.Start] + main.text
		main.Start = cursor
	}
	if cursor > main.End {
		main.text += d.Text[main.End:cursor]
		main.End = cursor
	}
	if len(it.others) == 0 || it.others[0].Start >= main.End {
		// The words on the line belong to the edit, for editors filter by them.
		written := d.Text[line.Start:main.Start]
		words := strings.TrimLeft(written, " \t\f")
		main.Start -= len(words)
		main.text = words + main.text
	}
	it.main = main
	it.filter = d.Text[main.Start:cursor]
	if first := firstLine(main.text); strings.HasPrefix(first, it.filter) {
		it.filter = first
	}
	return it
}

// edit is a change in the client's words.
func (d *Document) edit(c change) protocol.TextEdit {
	return protocol.TextEdit{Range: d.Mapper.SpanRange(c.Span), NewText: c.text}
}

// edits are changes of one document.
type edits struct {
	doc     *Document
	changes []change
}

// workspaceEdit is changes of one document, for its very version where the client can.
func (s *server) workspaceEdit(d *Document, changes ...change) *protocol.WorkspaceEdit {
	return s.workspaceEdits(edits{d, changes})
}

// workspaceEdits are changes of several documents as one edit.
func (s *server) workspaceEdits(list ...edits) *protocol.WorkspaceEdit {
	s.mu.Lock()
	versioned := s.features.versionedEdits
	s.mu.Unlock()
	w := &protocol.WorkspaceEdit{}
	if !versioned {
		w.Changes = map[uri.URI][]protocol.TextEdit{}
		for _, e := range list {
			for _, c := range e.changes {
				w.Changes[e.doc.URI] = append(w.Changes[e.doc.URI], e.doc.edit(c))
			}
		}
		return w
	}
	for _, e := range list {
		d := e.doc
		of := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: d.URI}, Version: &d.Version}}
		for _, c := range e.changes {
			edit := d.edit(c)
			of.Edits = append(of.Edits, &edit)
		}
		w.DocumentChanges = append(w.DocumentChanges, of)
	}
	return w
}

// command is a command in the client's words. Arguments are plain values.
func command(title, name string, arguments ...any) protocol.Command {
	c := protocol.Command{Title: title, Command: name}
	for _, a := range arguments {
		raw, err := protocol.Marshal(a)
		if err != nil {
			panic("lsp: an argument cannot be written: " + err.Error()) // plain values always can
		}
		c.Arguments = append(c.Arguments, jsontext.Value(raw))
	}
	return c
}

// firstLine is the first line of s that is not blank, trimmed.
func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if !blank(line) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// shortened is s in at most n code points.
func shortened(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}
