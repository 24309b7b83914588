package parser

// A File is one source text. It never changes and may be read from many goroutines
// at once; what it knows of the text is worked out when it is first asked for.
type File struct {
	src []byte
}

// Parse makes a File of any bytes. It never fails. The File keeps src: do not change it.
func Parse(src []byte) *File { return &File{src: src} }

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
	return &File{src: src}
}

// Specs are the unwritten functions of the file, in file order, with checks or without.
func (f *File) Specs() []*Spec { return nil }

// SpecAt is the unwritten function that holds the offset: in its def, its hole, or the
// blank lines of its missing body. It is nil if there is none.
func (f *File) SpecAt(offset int) *Spec { return nil }

// Functions are all functions of the file, written ones too (HoleWritten), in file order.
func (f *File) Functions() []*Spec { return nil }

// FunctionAt is the innermost function whose def holds the offset, or nil.
func (f *File) FunctionAt(offset int) *Spec { return nil }

// Missing are the functions that checks call and nobody defines or imports, in the
// order of their first call. Their Def is empty.
func (f *File) Missing() []*Spec { return nil }

// A TestFile is a file of tests that stands beside the one it tests.
type TestFile struct {
	Path string
	File *File
}

// WithTests is the file with the checks of other files added to its specs. module is
// the name under which tests import this file. Conftest files go in as TestFiles too.
func (f *File) WithTests(module string, tests ...TestFile) *File { return f }
