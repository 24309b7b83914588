package parser

import (
	"bytes"
	"slices"
)

// A notebook is seen from one of its cells. Functions of several cells that are written
// together are each found where they stand, and spoken of as one cell sees them.

// WithCells is the file as a cell of a notebook, between those before and behind it, which
// share its namespace: their checks are added to its specs, and their statements may come
// into preludes, with Path set.
func (f *File) WithCells(before, behind []TestFile) *File {
	return &File{src: f.src, tests: slices.Concat(before, behind), cells: true, before: len(before), cache: f.cache}
}

// here stands for the path of the cell that a notebook is seen from, in another cell's
// view of it.
const here = "\x00here"

// Cell is the notebook as another of its cells sees it, the one called path; nil if there
// is none. Cell("") is the file.
func (f *File) Cell(path string) *File {
	if path == "" {
		return f
	}
	k := f.cell(path)
	if k < 0 {
		return nil
	}
	all := slices.Insert(slices.Clone(f.tests), f.before, TestFile{here, &File{src: f.src, cache: f.cache}})
	if k >= f.before {
		k++
	}
	own := all[k].File
	return (&File{src: own.src, cache: own.cache}).WithCells(all[:k], all[k+1:])
}

// cell is the index of a cell among the others, or -1.
func (f *File) cell(path string) int {
	if !f.cells {
		return -1
	}
	return slices.IndexFunc(f.tests, func(t TestFile) bool { return t.Path == path })
}

// EditCell is the file after an edit of another cell, or as it is if there is none.
// EditCell("", …) is Edit.
func (f *File) EditCell(path string, start, end int, text string) *File {
	if path == "" {
		return f.Edit(start, end, text)
	}
	k := f.cell(path)
	if k < 0 {
		return f
	}
	next := &File{src: f.src, module: f.module, tests: slices.Clone(f.tests), cells: f.cells, before: f.before, cache: f.cache}
	next.tests[k].File = f.tests[k].File.Edit(start, end, text)
	return next
}

// OtherCells are the unwritten functions of the other cells, in the notebook's order. Their
// spans are of their own cells, which their Units name; all paths are as f has them, so
// that preludes and checks of several cells go together.
func (f *File) OtherCells() []*Spec {
	var list []*Spec
	if !f.cells {
		return nil
	}
	for _, t := range f.tests {
		if !bytes.Contains(t.File.src, []byte("def")) {
			continue
		}
		for _, s := range f.Cell(t.Path).Specs() {
			list = append(list, s.seenFrom(t.Path))
		}
	}
	return list
}

// seenFrom is the spec of a cell called path with paths as the cell called here has them.
func (s *Spec) seenFrom(path string) *Spec {
	name := func(p *string) {
		switch *p {
		case "":
			*p = path
		case here:
			*p = ""
		}
	}
	fragments := func(list []Fragment) []Fragment {
		list = slices.Clone(list)
		for i := range list {
			name(&list[i].Path)
		}
		return list
	}
	t := *s
	name(&t.Unit.Path)
	t.Prelude = fragments(s.Prelude)
	t.Checks = slices.Clone(s.Checks)
	for i := range t.Checks {
		name(&t.Checks[i].Path)
	}
	t.preludeFor = func(body string) []Fragment { return fragments(s.PreludeFor(body)) }
	t.imports = func() []ImportStatement {
		list := slices.Clone(s.ImportStatements())
		for i := range list {
			name(&list[i].Path)
		}
		return list
	}
	t.problems = func() []Problem {
		list := slices.Clone(s.Problems())
		for i := range list {
			name(&list[i].Path)
		}
		return list
	}
	return &t
}
