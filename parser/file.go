package parser

import "sync"

// A File is one source text. It never changes and may be read from many goroutines
// at once; what it knows of the text is worked out when it is first asked for.
type File struct {
	src    []byte
	module string     // the name under which tests import the file
	tests  []TestFile // files of tests beside it, or the other cells of its notebook
	cells  bool       // tests are cells
	before int        // so many of them stand before this one
	cache  *cache     // shared by the files that edits make of one another
	once   sync.Once
	known  *index
}

// Parse makes a File of any bytes. It never fails. The File keeps src: do not change it.
func Parse(src []byte) *File { return &File{src: src, cache: &cache{}} }

// Source is the text of the file. It is shared: do not change it.
func (f *File) Source() []byte { return f.src }

// Edit is the file after the bytes [start, oldEnd) have been replaced by text.
// Offsets outside the file are moved to its nearest end. f stays usable.
func (f *File) Edit(start, oldEnd int, text string) *File {
	start = min(max(start, 0), len(f.src))
	oldEnd = min(max(oldEnd, start), len(f.src))
	src := make([]byte, 0, len(f.src)-(oldEnd-start)+len(text))
	src = append(src, f.src[:start]...)
	src = append(src, text...)
	src = append(src, f.src[oldEnd:]...)
	return &File{src: src, module: f.module, tests: f.tests, cells: f.cells, before: f.before, cache: f.cache}
}

func (f *File) index() *index {
	f.once.Do(func() { f.known = newIndex(f) })
	return f.known
}

// Specs are the unwritten functions of the file, in file order, with checks or without.
func (f *File) Specs() []*Spec {
	var specs []*Spec
	for _, fn := range f.index().functions {
		if fn.colon >= 0 && fn.hole(noCursor).kind != HoleWritten {
			specs = append(specs, fn.specAt(noCursor))
		}
	}
	return specs
}

// SpecAt is the unwritten function that holds the offset: in its def, its hole, or the
// blank lines of its missing body. It is nil if there is none. Its hole may depend on
// the offset: a body is missing where the cursor is, and one that ends there is partial.
func (f *File) SpecAt(offset int) *Spec {
	fn := f.index().functionAt(offset)
	if fn == nil || fn.colon < 0 {
		return nil
	}
	if fn.hole(offset).kind == HoleWritten {
		return nil
	}
	return fn.specAt(offset)
}

// Functions are all functions of the file, written ones too (HoleWritten, with Hole
// around the body behind the docstring), in file order.
func (f *File) Functions() []*Spec {
	var specs []*Spec
	for _, fn := range f.index().functions {
		specs = append(specs, fn.specAt(noCursor))
	}
	return specs
}

// FunctionAt is the innermost function whose def holds the offset, or nil.
func (f *File) FunctionAt(offset int) *Spec {
	if fn := f.index().functionAt(offset); fn != nil {
		return fn.specAt(noCursor)
	}
	return nil
}

// functionAt is the innermost function whose region holds the offset.
func (x *index) functionAt(offset int) *function {
	var found *function
	for _, f := range x.functions {
		if f.start > offset && lineStart(f.part.src, f.start) > offset {
			break
		}
		if f.holds(offset) {
			found = f
		}
	}
	return found
}

// holds says whether the offset lies in the function's lines, or below them where its
// body may still grow.
func (f *function) holds(offset int) bool {
	if offset <= lineEnd(f.part.src, f.end) {
		return offset >= lineStart(f.part.src, f.start)
	}
	region := f.region()
	if offset >= region.End && region.End < len(f.part.src) {
		return false
	}
	kind := f.hole(offset).kind
	return kind == HoleEmpty || kind == HolePartial || f.cutAtCursor(f.rest(), offset) >= 0
}
