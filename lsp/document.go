package lsp

import (
	"crypto/sha256"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion"
	"greenfill/parser"
)

// A Document is one version of one open file. It is replaced, never changed, so a
// request that took it in wire order keeps its text whatever is typed meanwhile.
// Parsing waits until someone asks, and then builds on the last version parsed.
type Document struct {
	URI     uri.URI
	Version int32
	Text    string
	Mapper  *Mapper
	// Changed is when the server learned of this version.
	Changed time.Time

	neighbours []parser.TestFile // files of tests beside it, or the other cells of its notebook
	earlier    int               // so many of the cells stand before it
	cells      []uri.URI         // of the neighbours, if they are cells

	mu   sync.Mutex
	own  *parser.File // the text alone; nil until asked for
	file *parser.File // with the checks of its neighbours
	base *parser.File // own of the last version parsed before this one, or nil

	outline   sync.Once // not under mu: listing takes long, and nobody need wait for it
	functions []completion.Function
}

// NewDocument is the first version of a document.
func NewDocument(u uri.URI, version int32, text string, encoding protocol.PositionEncodingKind) *Document {
	return newDocument(u, version, text, encoding, nil)
}

func newDocument(u uri.URI, version int32, text string, encoding protocol.PositionEncodingKind, before *Document) *Document {
	d := &Document{URI: u, Version: version, Text: text, Mapper: NewMapper(text, encoding), Changed: time.Now()}
	if before != nil {
		d.base, d.neighbours, d.earlier, d.cells = before.latest(), before.neighbours, before.earlier, before.cells
	}
	return d
}

// beside is the same version with other files of tests beside it.
func (d *Document) beside(neighbours []parser.TestFile) *Document {
	return &Document{URI: d.URI, Version: d.Version, Text: d.Text, Mapper: d.Mapper, Changed: d.Changed,
		neighbours: neighbours, base: d.latest()}
}

// among is the same version as a cell between others of its notebook, whose URIs are cells.
func (d *Document) among(before, behind []parser.TestFile, cells []uri.URI) *Document {
	next := d.beside(slices.Concat(before, behind))
	next.earlier, next.cells, next.Changed = len(before), cells, time.Now()
	return next
}

// Apply is the document after changes, in their order, each against the text that the
// one before has left.
func (d *Document) Apply(version int32, changes []protocol.TextDocumentContentChangeEvent) *Document {
	text, mapper := d.Text, d.Mapper
	for _, change := range changes {
		switch c := change.(type) {
		case *protocol.TextDocumentContentChangePartial:
			span := mapper.RangeSpan(c.Range)
			text = text[:span.Start] + strings.Clone(c.Text) + text[span.End:] // cloned: it is borrowed from the frame
			mapper = mapper.replaced(span, text)
		case *protocol.TextDocumentContentChangeWholeDocument:
			text = strings.Clone(c.Text)
			mapper = NewMapper(text, mapper.encoding)
		}
	}
	return &Document{URI: d.URI, Version: version, Text: text, Mapper: mapper, Changed: time.Now(),
		neighbours: d.neighbours, earlier: d.earlier, cells: d.cells, base: d.latest()}
}

// File is the parsed text.
func (d *Document) File() *parser.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.file != nil {
		return d.file
	}
	if d.base == nil {
		d.own = parser.Parse([]byte(d.Text))
	} else {
		start, oldEnd, newEnd := difference(string(d.base.Source()), d.Text)
		d.own = d.base.Edit(start, oldEnd, d.Text[start:newEnd])
	}
	d.base = nil
	if d.URI.Scheme() == cellScheme {
		d.file = d.own.WithCells(d.neighbours[:d.earlier], d.neighbours[d.earlier:])
	} else {
		d.file = completion.WithNeighbours(d.own, pathOf(d.URI), d.neighbours)
	}
	return d.file
}

// latest is this version if it has been parsed, else the last one before that was.
func (d *Document) latest() *parser.File {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.own != nil {
		return d.own
	}
	return d.base
}

// Functions are the functions of the document that have checks or are unwritten. To list
// them all takes far longer than to find one.
func (d *Document) Functions() []completion.Function {
	d.outline.Do(func() { d.functions = completion.Outline(d.File()) })
	return d.functions
}

// FunctionAt is the function of Functions that holds the offset, or nil.
func (d *Document) FunctionAt(offset int) *completion.Function {
	return completion.FunctionAt(d.File(), offset)
}

// missingAt is the missing one of Functions that a check at the offset calls, or nil.
// Editors ask for actions at each move of the cursor, and Functions are listed only once.
func (d *Document) missingAt(offset int) *completion.Function {
	list := d.Functions()
	for i := range list {
		if fn := &list[i]; fn.Missing() && slices.ContainsFunc(fn.Checks, func(c completion.Place) bool {
			return c.Path == "" && c.Start <= offset && offset <= c.End
		}) {
			return fn
		}
	}
	return nil
}

// FunctionNamed is the function of Functions with the qualified name, or nil.
func (d *Document) FunctionNamed(name string) *completion.Function {
	return completion.FunctionNamed(d.File(), name)
}

// without is a digest of the document without the function's text and the white space
// behind it.
func (d *Document) without(fn *completion.Function) string {
	h := sha256.New()
	io.WriteString(h, d.Text[:fn.Body.Start])
	h.Write([]byte{0})
	io.WriteString(h, strings.TrimLeft(d.Text[fn.Body.End:], " \t\r\n"))
	return string(h.Sum(nil))
}

// difference finds the one edit that makes b of a: a[start:oldEnd] becomes b[start:newEnd].
// It never cuts a code point.
func difference(a, b string) (start, oldEnd, newEnd int) {
	start = commonPrefix(a, b)
	tail := commonSuffix(a[start:], b[start:])
	return start, len(a) - tail, len(b) - tail
}

// commonPrefix is the length of the longest common beginning that cuts no code point.
func commonPrefix(a, b string) int {
	n := min(len(a), len(b))
	i := 0
	for i+64 <= n && a[i:i+64] == b[i:i+64] {
		i += 64
	}
	for i < n && a[i] == b[i] {
		i++
	}
	for i > 0 && (inside(a, i) || inside(b, i)) {
		i--
	}
	return i
}

// commonSuffix is the length of the longest common end that cuts no code point.
func commonSuffix(a, b string) int {
	n := min(len(a), len(b))
	i := 0
	for i+64 <= n && a[len(a)-i-64:len(a)-i] == b[len(b)-i-64:len(b)-i] {
		i += 64
	}
	for i < n && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	for i > 0 && (inside(a, len(a)-i) || inside(b, len(b)-i)) {
		i--
	}
	return i
}

// inside says whether an offset lies within a code point of s.
func inside(s string, i int) bool { return i < len(s) && s[i]&0xC0 == 0x80 }

// blank says whether s is white space only.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
