package lsp

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.lsp.dev/uri"

	"greenfill/completion"
)

// checkCommand runs the checks of one written function.
func (s *server) checkCommand(ctx context.Context, in invocation) (any, error) {
	doc, fn, err := in.spec()
	if err != nil {
		return nil, err
	}
	if !fn.Written {
		return nil, failed("%s is not written yet", fn.Spec.QualifiedName)
	}
	r, err := s.checkOne(ctx, doc, fn)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// checkOne runs a function's checks now, whatever is known of them.
func (s *server) checkOne(ctx context.Context, doc *Document, fn *completion.Function) (Results, error) {
	w := s.verify(ctx, doc, fn)
	for ; s.broken(w) && ctx.Err() == nil; w = s.verify(ctx, doc, fn) {
		// An edit, or a look at the document, took the run over: that has no answer for us.
		if now := s.document(doc.URI); now != nil {
			doc = now
		}
		if fn = doc.FunctionNamed(w.name); fn == nil || !fn.Written {
			return Results{}, failed("%s has changed", w.name)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return Results{}, ctx.Err()
	case errors.Is(w.err, errUntrusted), errors.Is(w.err, ErrNoSandbox):
		return Results{}, failed("%v", w.err)
	}
	return w.results(), nil
}

// broken says whether a function's run was broken off and none has come to an end since.
func (s *server) broken(w *watched) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return w.cancel != nil || w.content == ""
}

func (s *server) checkDocumentCommand(ctx context.Context, in invocation) (any, error) {
	if in.doc == nil {
		return nil, failed("the document is not open: %s", in.URI)
	}
	ctx, p := s.progress(ctx, in.progress, "Greenfill: running checks")
	list, err := s.checkAll(ctx, []*Document{in.doc}, p)
	p.end(counted(len(list), "function") + " checked")
	return list, err
}

func (s *server) checkWorkspaceCommand(ctx context.Context, in invocation) (any, error) {
	ctx, p := s.progress(ctx, in.progress, "Greenfill: running all checks")
	list, err := s.checkAll(ctx, s.pythonFiles(), p)
	p.end(counted(len(list), "function") + " checked")
	return list, err
}

// checkAll runs the checks of every written function of documents.
func (s *server) checkAll(ctx context.Context, docs []*Document, p *progress) ([]Results, error) {
	list := []Results{}
	for i, doc := range docs {
		p.report(filepath.Base(pathOf(doc.URI)), 100*i/len(docs))
		functions := doc.Functions()
		for k := range functions {
			fn := &functions[k]
			if !fn.Written {
				continue
			}
			r, err := s.checkOne(ctx, doc, fn)
			if err != nil {
				return list, err
			}
			list = append(list, r)
		}
	}
	return list, nil
}

// maxFiles bounds a look through a workspace.
const maxFiles = 5000

// pythonFiles are the open documents and the Python files of the trusted folders, as
// documents of version 0. Environments and hidden folders are left out.
func (s *server) pythonFiles() []*Document {
	s.mu.Lock()
	var docs []*Document
	open := map[uri.URI]bool{}
	for u, d := range s.documents {
		docs = append(docs, d)
		open[u] = true
	}
	folders, encoding := slices.Clone(s.folders), s.encoding
	s.mu.Unlock()
	slices.SortFunc(docs, func(a, b *Document) int { return strings.Compare(string(a.URI), string(b.URI)) })
	for _, f := range folders {
		if f.path == "" || !s.trusted(f) {
			continue
		}
		_ = filepath.WalkDir(f.path, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil // what cannot be read has no checks for us
			case len(docs) >= maxFiles:
				return fs.SkipAll
			case d.IsDir():
				if path != f.path && skipped(path, d.Name()) {
					return fs.SkipDir
				}
				return nil
			case !d.Type().IsRegular() || filepath.Ext(path) != ".py" || open[uri.File(path)]:
				return nil
			}
			if text, ok := completion.ReadText(path); ok {
				docs = append(docs, newDocument(uri.File(path), 0, text, encoding, nil))
			}
			return nil
		})
	}
	return docs
}

// skipped says whether a folder holds no code of the user's.
func skipped(path, name string) bool {
	if strings.HasPrefix(name, ".") || name == "node_modules" || name == "__pycache__" || name == "site-packages" {
		return true
	}
	_, err := os.Stat(filepath.Join(path, "pyvenv.cfg"))
	return err == nil
}
