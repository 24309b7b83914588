package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion"
)

// A joint is a function with unwritten helpers and partners, verified together as the text
// that their document, and other cells of its notebook, then have; it is offered only over
// the very text that it was sought for.
type joint struct {
	*completion.Joint
	doc   *Document // that it was sought for
	drawn *drawing
}

// searchTogether looks for bodies of a function and its helpers when no body of its own
// has passed.
func (s *server) searchTogether(j *job, loaded *Loaded, request completion.Job, known *completion.Result) error {
	found, err := loaded.Completer.CompleteTogether(j.ctx, j.doc.File(), request, known)
	if found == nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j.entry.joint = &joint{found, j.doc, j.drawn}
	s.changedLocked(j.entry)
	return nil
}

// jointFor is the joint that may be offered over a document, or nil. It needs the
// server's mutex.
func (e *entry) jointFor(doc *Document) *joint {
	if e.joint == nil || e.joint.doc.Text != doc.Text {
		return nil
	}
	for _, c := range e.joint.Cells {
		u, then := e.joint.doc.cell(c.Path)
		if now, text := doc.cell(c.Path); now != u || text != then {
			return nil
		}
	}
	return e.joint
}

// cell is one of the other cells of a document's notebook, as it knows it.
func (d *Document) cell(path string) (u uri.URI, text string) {
	for i, n := range d.neighbours {
		if d.cells != nil && n.Path == path {
			return d.cells[i], string(n.File.Source())
		}
	}
	return "", ""
}

// label says what a joint has going for it.
func (t *joint) label() string {
	var helpers []string
	for _, s := range t.Specs[:len(t.Specs)-1] {
		helpers = append(helpers, s.Name)
	}
	return fmt.Sprintf("✓ %s · with %s", asserts(t.Verdict.Passed, t.Verdict.Total), strings.Join(helpers, ", "))
}

// edits are those that put a joint and the imports that it needs into its document and other
// cells; ok is false where one of these is not as the document knows it.
func (s *server) edits(t *joint, doc *Document) (list []edits, ok bool) {
	list = []edits{{doc: doc}}
	if span, text, ok := t.ImportEdit(doc.File()); ok {
		list[0].changes = append(list[0].changes, change{span, text})
	}
	for i, spec := range t.Specs {
		at := doc
		if path := spec.Unit.Path; path != "" {
			u, text := doc.cell(path)
			if at = s.document(u); at == nil || at.Text != text {
				return nil, false
			}
		}
		k := slices.IndexFunc(list, func(e edits) bool { return e.doc.URI == at.URI })
		if k < 0 {
			k, list = len(list), append(list, edits{doc: at})
		}
		list[k].changes = append(list[k].changes, change{spec.Hole, t.Completions[i].Text()})
	}
	return list, true
}

// jointAction puts a joint into its document, for clients that take edits.
func (s *server) jointAction(doc *Document, fn *completion.Function) (a protocol.CodeAction, ok bool) {
	s.mu.Lock()
	t := s.ledger.entry(doc, fn).jointFor(doc)
	tags := s.features.actionTags
	s.mu.Unlock()
	if t == nil {
		return a, false
	}
	title := fmt.Sprintf("Greenfill: write %s  %s", fn.Spec.QualifiedName, t.label())
	a = runs(command(title, CommandApply, CommandArgument{SpecReference: doc.referTo(fn)}))
	a.IsPreferred = ptr(true)
	if tags {
		a.Tags = []protocol.CodeActionTag{protocol.CodeActionTagLLMGenerated}
	}
	return a, true
}

// applyJoint has the client put a joint into its documents, in one edit, and keeps the
// badges of its functions true from then on.
func (s *server) applyJoint(ctx context.Context, doc *Document, fn *completion.Function, t *joint) (any, error) {
	name := fn.Spec.QualifiedName
	list, ok := s.edits(t, doc)
	if !ok {
		return nil, failed("another cell has changed; nothing was inserted")
	}
	// Before the edit, for the client may tell of it only later.
	s.mu.Lock()
	for _, spec := range t.Specs {
		u := doc.URI
		if path := spec.Unit.Path; path != "" {
			u, _ = doc.cell(path)
		}
		s.ledger.joined[function{u, spec.QualifiedName}] = true
	}
	s.mu.Unlock()
	if err := s.applyChanges(ctx, name, s.workspaceEdits(list...)); err != nil {
		return nil, err
	}
	for _, e := range list {
		s.follower.touch(e.doc.URI)
	}
	return s.resultsOf(doc, fn), nil
}

// applyChanges has the client make an edit for the sake of a function.
func (s *server) applyChanges(ctx context.Context, name string, edit *protocol.WorkspaceEdit) error {
	result, err := s.client.ApplyEdit(ctx, &protocol.ApplyWorkspaceEditParams{Label: ptr("Greenfill: " + name), Edit: *edit})
	if err != nil {
		return fmt.Errorf("asking the editor to insert the body: %w", err)
	}
	if !result.Applied {
		reason := "it gave no reason"
		if result.FailureReason != nil {
			reason = *result.FailureReason
		}
		return failed("the editor did not insert the body: %s", reason)
	}
	return nil
}
