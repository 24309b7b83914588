package lsp

import (
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A notebook is a list of cells. Each cell of Python is a Document of its own: its
// checks are the spec of the functions in it.
type notebook struct {
	cells []uri.URI
}

func (s *server) didOpenNotebook(p *protocol.DidOpenNotebookDocumentParams) {
	nb := &notebook{}
	for _, c := range p.NotebookDocument.Cells {
		nb.cells = append(nb.cells, c.Document)
	}
	s.mu.Lock()
	s.notebooks[p.NotebookDocument.URI] = nb
	s.mu.Unlock()
	for _, item := range p.CellTextDocuments {
		s.openCell(item)
	}
}

func (s *server) openCell(item protocol.TextDocumentItem) {
	if item.LanguageID == protocol.LanguageKindPython {
		s.open(item)
	}
}

func (s *server) didChangeNotebook(p *protocol.DidChangeNotebookDocumentParams) {
	cells := p.Change.Cells
	if cells == nil {
		return
	}
	if st := cells.Structure; st != nil {
		s.mu.Lock()
		if nb := s.notebooks[p.NotebookDocument.URI]; nb != nil {
			nb.splice(st.Array)
		}
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
}

// splice replaces a run of cells, clamped to those there are.
func (n *notebook) splice(a protocol.NotebookCellArrayChange) {
	start := min(int(a.Start), len(n.cells))
	end := min(start+int(a.DeleteCount), len(n.cells))
	var added []uri.URI
	for _, c := range a.Cells {
		added = append(added, c.Document)
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
