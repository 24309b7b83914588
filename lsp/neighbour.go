package lsp

import (
	"bytes"

	"go.lsp.dev/uri"

	"greenfill/completion"
	"greenfill/parser"
)

// lookAtNeighbours takes in the files of tests beside a document: from the editor where
// they are open, else from disk. It replaces the document if they have changed.
func (s *server) lookAtNeighbours(u uri.URI) {
	doc, path := s.document(u), pathOf(u)
	if doc == nil || path == "" || u.Scheme() != "file" {
		return
	}
	s.neighbouring.Lock() // who reads last sets last
	defer s.neighbouring.Unlock()
	found := completion.Neighbours(path, s.folder(u).path, s.readText)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.documents[u]; now != nil && !sameFiles(now.neighbours, found) {
		s.documents[u] = now.beside(found)
		s.publisher.refresh()
	}
}

// readText is the text of a file as the user sees it.
func (s *server) readText(path string) (string, bool) {
	if doc := s.document(uri.File(path)); doc != nil {
		return doc.Text, true
	}
	return completion.ReadText(path)
}

func sameFiles(a, b []parser.TestFile) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Path != b[i].Path || !bytes.Equal(a[i].File.Source(), b[i].File.Source()) {
			return false
		}
	}
	return true
}

// lookAtTested looks at the neighbours of the open documents that a file of tests may
// belong to.
func (s *server) lookAtTested(test uri.URI) {
	path := pathOf(test)
	s.mu.Lock()
	var list []uri.URI
	for u := range s.documents {
		if completion.IsNeighbour(pathOf(u), path) {
			list = append(list, u)
		}
	}
	s.mu.Unlock()
	for _, u := range list {
		s.lookAtNeighbours(u)
		s.follower.touch(u)
	}
}
