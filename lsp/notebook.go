package lsp

import (
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/parser"
)

// cellScheme is the scheme of the documents that are cells.
const cellScheme = "vscode-notebook-cell"

// A notebook is a list of cells. Each cell of Python is a Document of its own that sees the
// others: the checks of all are the spec of the functions in each.
type notebook struct {
	cells []uri.URI
}

func (s *server) didOpenNotebook(p *protocol.DidOpenNotebookDocumentParams) {
	nb := &notebook{}
	for _, c := range p.NotebookDocument.Cells {
		nb.cells = append(nb.cells, kept(c.Document))
	}
	s.mu.Lock()
	s.notebooks[kept(p.NotebookDocument.URI)] = nb
	s.mu.Unlock()
	for _, item := range p.CellTextDocuments {
		s.openCell(item)
	}
	s.joinCells(nb)
}

// joinCells has each cell see the others as they are now.
func (s *server) joinCells(nb *notebook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var docs []*Document
	var uris []uri.URI
	var cells []parser.TestFile
	for i, u := range nb.cells {
		if doc := s.documents[u]; doc != nil && u.Scheme() == cellScheme {
			docs, uris = append(docs, doc), append(uris, u)
			cells = append(cells, parser.TestFile{Path: fmt.Sprintf("cell %d", i+1), File: parser.Parse([]byte(doc.Text))})
		}
	}
	for i, doc := range docs {
		before, behind := cells[:i], cells[i+1:]
		others := slices.Concat(uris[:i], uris[i+1:])
		if sameFiles(doc.neighbours, slices.Concat(before, behind)) && doc.earlier == i && slices.Equal(doc.cells, others) {
			continue
		}
		s.documents[doc.URI] = doc.among(before, behind, others)
		if strings.Contains(doc.Text, "def ") || strings.Contains(doc.Text, "assert") { // it shows outcomes
			s.follower.touch(doc.URI)
		}
	}
	s.publisher.refresh()
}

// kept is a URI that outlives the frame that it came in.
func kept(u uri.URI) uri.URI { return uri.URI(strings.Clone(string(u))) }

func (s *server) openCell(item protocol.TextDocumentItem) {
	if item.LanguageID == protocol.LanguageKindPython {
		s.open(item)
	}
}

func (s *server) didChangeNotebook(p *protocol.DidChangeNotebookDocumentParams) {
	cells := p.Change.Cells
	s.mu.Lock()
	nb := s.notebooks[p.NotebookDocument.URI]
	s.mu.Unlock()
	if cells == nil || nb == nil {
		return
	}
	if st := cells.Structure; st != nil {
		s.mu.Lock()
		nb.splice(st.Array)
		s.mu.Unlock()
		for _, item := range st.DidOpen {
			s.openCell(item)
		}
		for _, id := range st.DidClose {
			s.closeDocument(id.URI)
		}
	}
	for _, c := range cells.TextContent {
		s.change(c.Document, c.Changes)
	}
	s.joinCells(nb)
}

// splice replaces a run of cells, clamped to those there are.
func (n *notebook) splice(a protocol.NotebookCellArrayChange) {
	start := min(int(a.Start), len(n.cells))
	end := min(start+int(a.DeleteCount), len(n.cells))
	var added []uri.URI
	for _, c := range a.Cells {
		added = append(added, kept(c.Document))
	}
	n.cells = slices.Replace(n.cells, start, end, added...)
}

func (s *server) didSaveNotebook(p *protocol.DidSaveNotebookDocumentParams) {
	s.mu.Lock()
	var cells []uri.URI
	if nb := s.notebooks[p.NotebookDocument.URI]; nb != nil {
		cells = slices.Clone(nb.cells)
	}
	s.mu.Unlock()
	for _, u := range cells {
		s.saved(u)
	}
}

func (s *server) didCloseNotebook(p *protocol.DidCloseNotebookDocumentParams) {
	s.mu.Lock()
	delete(s.notebooks, p.NotebookDocument.URI)
	s.mu.Unlock()
	for _, id := range p.CellTextDocuments {
		s.closeDocument(id.URI)
	}
}
