package lsp

import (
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// document is the newest version of an open document, or nil.
func (s *server) document(u uri.URI) *Document {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.documents[u]
}

func (s *server) didOpen(p *protocol.DidOpenTextDocumentParams) {
	if p.TextDocument.LanguageID != protocol.LanguageKindPython {
		return
	}
	s.open(p.TextDocument)
}

func (s *server) open(item protocol.TextDocumentItem) {
	u := uri.URI(strings.Clone(string(item.URI)))
	s.mu.Lock()
	doc := newDocument(u, item.Version, strings.Clone(item.Text), s.encoding, s.documents[u])
	s.documents[u] = doc
	s.mu.Unlock()
	s.follower.touch(u)
	s.publisher.state()
	s.work.Go(func() { s.lookAtNeighbours(u) })
}

func (s *server) didChange(p *protocol.DidChangeTextDocumentParams) {
	s.change(p.TextDocument, p.ContentChanges)
}

func (s *server) change(id protocol.VersionedTextDocumentIdentifier, changes []protocol.TextDocumentContentChangeEvent) {
	doc := s.document(id.URI)
	if doc == nil {
		return
	}
	next := doc.Apply(id.Version, changes)
	s.mu.Lock()
	s.documents[doc.URI] = next
	s.endInlineLocked(doc.URI)
	s.mu.Unlock()
	s.follower.touch(doc.URI)
}

// didSave starts the jobs of a client in mode "save": one for each spec of the document
// whose outcome is not known.
func (s *server) didSave(p *protocol.DidSaveTextDocumentParams) { s.saved(p.TextDocument.URI) }

func (s *server) saved(u uri.URI) {
	doc := s.document(u)
	if doc == nil || s.settings(u).Trigger != "save" {
		return
	}
	s.work.Go(func() {
		list := doc.Functions()
		for i := range list {
			if !list[i].Missing() && s.mayBegin(doc, &list[i], true) {
				if job := s.begin(doc, &list[i], true, 0); job != nil {
					s.pin(job)
				}
			}
		}
	})
}

// didClose ends the document's jobs; what they found is kept for its return.
func (s *server) didClose(p *protocol.DidCloseTextDocumentParams) {
	s.closeDocument(p.TextDocument.URI)
}

func (s *server) closeDocument(u uri.URI) {
	var others []uri.URI
	if doc := s.document(u); doc != nil {
		others = s.shownIn(doc)
	}
	s.mu.Lock()
	delete(s.documents, u)
	s.endInlineLocked(u)
	for _, w := range s.watched[u] {
		w.stop()
	}
	delete(s.watched, u)
	maps.DeleteFunc(s.ledger.joined, func(f function, _ bool) bool { return f.uri == u })
	s.mu.Unlock()
	s.cancelJobs(func(e *entry) bool { return e.uri == u })
	for _, u := range append(others, u) {
		s.publisher.diagnostics(u)
	}
}

// didChangeWatchedFiles verifies the watched functions again: what they import may have
// changed.
func (s *server) didChangeWatchedFiles(p *protocol.DidChangeWatchedFilesParams) {
	s.edition.Add(1)
	s.mu.Lock()
	var again []uri.URI
	for u, list := range s.watched {
		// A document's own file is followed by its edits.
		if !slices.ContainsFunc(p.Changes, func(c protocol.FileEvent) bool {
			return c.URI != u && s.folderLocked(c.URI) == s.folderLocked(u)
		}) {
			continue
		}
		for _, w := range list {
			w.content = ""
		}
		again = append(again, u)
	}
	s.mu.Unlock()
	for _, u := range again {
		s.follower.touch(u)
	}
	s.work.Go(func() {
		for _, c := range p.Changes {
			s.lookAtTested(c.URI)
			s.lookAtImporting(c.URI, true)
		}
		s.publisher.refresh()
	})
}
