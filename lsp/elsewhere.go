package lsp

import (
	"slices"
	"strings"

	"go.lsp.dev/uri"

	"greenfill/completion"
	"greenfill/parser"
)

// A function's checks may stand in another document: a cell of the same notebook, or an
// open file of tests. Their outcomes are shown there.

// A seen is a function some of whose checks stand in a document that is looked at.
type seen struct {
	*completion.Function
	owner *Document
	path  string // of the looked-at document in the function's checks, "" for its own
}

// seenFrom are the functions whose checks may stand in a document: its own, then those of
// documents that know it as it is: another text has its checks in other places. run wants
// no others than those of documents in which something was run, which costs less.
func (s *server) seenFrom(doc *Document, run bool) []seen {
	var list []seen
	add := func(owner *Document, path string) {
		functions := owner.Functions()
		for i := range functions {
			list = append(list, seen{&functions[i], owner, path})
		}
	}
	add(doc, "")
	for _, u := range s.besides(doc) {
		s.mu.Lock()
		owner, outcomes := s.documents[u], len(s.watched[u]) > 0
		s.mu.Unlock()
		if owner == nil || run && !outcomes || !strings.Contains(owner.Text, "def ") {
			continue
		}
		if path, ok := owner.knows(doc); ok {
			add(owner, path)
		}
	}
	return list
}

// knows is the path under which a document's checks speak of another one, if it has that
// one's present text beside it.
func (d *Document) knows(other *Document) (path string, ok bool) {
	for i, n := range d.neighbours {
		if d.neighbour(i) == other.URI {
			return n.Path, string(n.File.Source()) == other.Text
		}
	}
	return "", false
}

// neighbour is the URI of one of the neighbours.
func (d *Document) neighbour(i int) uri.URI {
	if d.cells != nil {
		return d.cells[i]
	}
	return uri.File(d.neighbours[i].Path)
}

// besides are the open documents whose functions may have checks in a document, in order.
func (s *server) besides(doc *Document) []uri.URI {
	if doc.cells != nil { // cells know one another
		return doc.cells
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []uri.URI
	for u, owner := range s.documents {
		if u != doc.URI && slices.ContainsFunc(owner.neighbours, func(n parser.TestFile) bool { return owner.cells == nil && n.Path == pathOf(doc.URI) }) {
			list = append(list, u)
		}
	}
	slices.Sort(list)
	return list
}

// shownIn are the open documents in which checks of a document's functions may stand.
func (s *server) shownIn(doc *Document) []uri.URI {
	var list []uri.URI
	for i := range doc.neighbours {
		if u := doc.neighbour(i); s.document(u) != nil {
			list = append(list, u)
		}
	}
	return list
}

// checksIn calls use for each check of a function in the looked-at document whose last
// outcome is of the function as it stands.
func (s *server) checksIn(f seen, use func(at completion.Place, r completion.CheckResult)) (w watched, ok bool) {
	if !f.Written {
		return w, false
	}
	if w, ok = s.outcome(f.owner.URI, f.Function); !ok {
		return w, false
	}
	for k, r := range w.verdict.Checks {
		if k < len(f.Checks) && f.Checks[k].Path == f.path {
			use(f.Checks[k], r)
		}
	}
	return w, true
}
