package lsp

import (
	"go.lsp.dev/uri"

	"greenfill/completion"
)

// Prompts show what the project's modules define, where a document imports them. They are
// looked for when a job begins, never while a user types; afterwards it is known which
// files were asked for, and a change of one of these has the spec looked at again.

// modules are those that a document may import, as the user sees them. Each file is read
// once; asked takes in the paths of those that were looked for, whether they are there or
// not.
func (s *server) modules(u uri.URI, f *folder, asked map[string]bool) completion.Modules {
	texts := map[string]string{}
	return completion.Modules{Path: pathOf(u), Root: f.path, Edition: int(s.edition.Load()), Read: func(path string) (string, bool) {
		if asked[path] {
			text, ok := texts[path]
			return text, ok
		}
		asked[path] = true
		text, ok := s.readText(path)
		if ok {
			texts[path] = text
		}
		return text, ok
	}}
}

// lookAtImporting looks at the specs of open documents whose prompts showed a module, or
// would have if it had been there. Where they would show something else now, what a job
// came to is not known any more, and a request may begin another; bodies that passed stay.
// A file that has changed on disk may have them fail, so then they are forgotten.
func (s *server) lookAtImporting(module uri.URI, onDisk bool) {
	path := pathOf(module)
	var list []*entry
	s.mu.Lock()
	for _, e := range s.ledger.entries {
		if !e.asked[path] {
			continue
		}
		switch {
		case !onDisk:
			list = append(list, e)
		case e.job != nil:
			e.job.outdated = true
			e.job.cancel()
		default:
			e.outdate()
			s.changedLocked(e)
		}
	}
	s.mu.Unlock()
	for _, e := range list {
		doc := s.document(e.uri)
		if doc == nil {
			continue
		}
		fn := doc.FunctionNamed(e.name)
		if fn == nil || fn.Key != e.key {
			continue
		}
		f := s.folder(e.uri)
		shown := s.modules(e.uri, f, map[string]bool{}).Digest(fn.Spec, f.path)
		s.mu.Lock()
		if e.shown != shown && e.job == nil {
			e.content = ""
			s.changedLocked(e)
		}
		s.mu.Unlock()
	}
}

// outdate drops all that was judged with files that have changed.
func (e *entry) outdate() {
	e.forget()
	e.content = ""
}
