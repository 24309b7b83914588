package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"greenfill/completion"
)

// A joint is a function with unwritten helpers and partners, verified together as the text that their
// document then has; it is offered only over the very text that it was sought for.
type joint struct {
	*completion.Joint
	text  string // of the document
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
	j.entry.joint = &joint{found, j.doc.Text, j.drawn}
	s.changedLocked(j.entry)
	return nil
}

// jointFor is the joint that may be offered over a document, or nil. It needs the
// server's mutex.
func (e *entry) jointFor(doc *Document) *joint {
	if e.joint == nil || e.joint.text != doc.Text {
		return nil
	}
	return e.joint
}

// label says what a joint has going for it.
func (t *joint) label() string {
	var helpers []string
	for _, s := range t.Specs[:len(t.Specs)-1] {
		helpers = append(helpers, s.Name)
	}
	return fmt.Sprintf("✓ %s · with %s", asserts(t.Verdict.Passed, t.Verdict.Total), strings.Join(helpers, ", "))
}

// changes are the edits that put a joint and the imports that it needs into its document.
func (t *joint) changes(doc *Document) []change {
	var list []change
	if span, text, ok := t.ImportEdit(doc.File()); ok {
		list = append(list, change{span, text})
	}
	for i, s := range t.Specs {
		list = append(list, change{s.Hole, t.Completions[i].Text()})
	}
	return list
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

// applyJoint has the client put a joint into its document, in one edit, and keeps the
// badges of its functions true from then on.
func (s *server) applyJoint(ctx context.Context, doc *Document, fn *completion.Function, t *joint) (any, error) {
	name := fn.Spec.QualifiedName
	if err := s.applyChanges(ctx, name, s.workspaceEdit(doc, t.changes(doc)...)); err != nil {
		return nil, err
	}
	if now := s.document(doc.URI); now != nil {
		for _, spec := range t.Specs {
			if written := now.FunctionNamed(spec.QualifiedName); written != nil && written.Written && len(written.Checks) > 0 {
				s.watch(now, written)
			}
		}
	}
	s.follower.touch(doc.URI)
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
