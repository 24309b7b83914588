package lsp

import (
	"context"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"greenfill/completion"
	"greenfill/parser"
)

// codeAction offers the bodies of the hole at the cursor as versioned edits, and what
// else can be done about its spec.
func (s *server) codeAction(_ context.Context, p *protocol.CodeActionParams, doc *Document) ([]protocol.CommandOrCodeAction, error) {
	list := []protocol.CommandOrCodeAction{}
	if doc == nil {
		return list, nil
	}
	span := doc.Mapper.RangeSpan(p.Range)
	add := func(kind protocol.CodeActionKind, a protocol.CodeAction) {
		if !wanted(p.Context.Only, kind) {
			return
		}
		s.mu.Lock()
		literal := s.features.literalActions
		s.mu.Unlock()
		if !literal {
			if a.Command.Command != "" {
				list = append(list, &a.Command)
			}
			return
		}
		a.Kind = &kind
		list = append(list, &a)
	}
	if slices.ContainsFunc(p.Context.Diagnostics, ours) {
		for _, a := range s.fixes(doc, span) {
			add(protocol.CodeActionKindQuickFix, a)
		}
	}
	fn := doc.FunctionAt(span.Start)
	if fn == nil {
		fn = doc.missingAt(span.Start)
	}
	if fn == nil || len(fn.Checks) == 0 {
		return list, nil
	}
	ref, inserted := doc.referTo(fn), len(list)
	for _, a := range s.insertActions(doc, doc.around(fn, span.Start)) {
		add(protocol.CodeActionKindQuickFix, a)
	}
	if a, ok := s.jointAction(doc, fn); ok && len(list) == inserted {
		add(protocol.CodeActionKindQuickFix, a)
	}
	if fn.Written {
		add(protocol.CodeActionKindRefactorRewrite, runs(command("Greenfill: run the checks of "+ref.Spec, CommandCheck, CommandArgument{SpecReference: ref})))
		if a, ok := s.proofAction(doc, fn); ok {
			add(protocol.CodeActionKindRefactorRewrite, a)
		}
		return list, nil
	}
	if len(list) == inserted {
		title := "complete " + ref.Spec
		if fn.Missing() {
			title = toWrite(fn) + " from its checks"
		}
		add(protocol.CodeActionKindQuickFix, runs(command("Greenfill: "+title, CommandComplete, CommandArgument{SpecReference: ref, Apply: true})))
	}
	add(protocol.CodeActionKindRefactorRewrite, runs(command("Greenfill: more samples for "+ref.Spec, CommandMore, CommandArgument{SpecReference: ref})))
	return list, nil
}

// ours says whether a diagnostic is one of this server's.
func ours(d protocol.Diagnostic) bool {
	source, _ := d.Source.Get()
	return source == diagnosticSource
}

// fixes are the edits that mend faulty checks in a span. Looking for them takes a look at
// the whole file, so it is done only where a diagnostic of ours is shown.
func (s *server) fixes(doc *Document, span parser.Span) []protocol.CodeAction {
	var list []protocol.CodeAction
	functions := doc.Functions()
	for i := range functions {
		for _, p := range functions[i].Problems() {
			if p.Fix == nil || p.Path != "" || !overlap(p.Span, span) {
				continue
			}
			edit := s.workspaceEdit(doc, change{p.Fix.Span, p.Fix.Text})
			list = append(list, protocol.CodeAction{Title: p.Fix.Title, Edit: edit, Diagnostics: []protocol.Diagnostic{problem(doc, p)}})
		}
	}
	return list
}

// runs is an action that is nothing but a command.
func runs(c protocol.Command) protocol.CodeAction {
	return protocol.CodeAction{Title: c.Title, Command: c}
}

// maxInsertActions bounds the list in a menu; the panel shows all.
const maxInsertActions = 5

// insertActions put a body into the hole: the edit for clients that take it, with the
// command that tells us so. For the others the command alone does all.
func (s *server) insertActions(doc *Document, fn *completion.Function) []protocol.CodeAction {
	s.mu.Lock()
	e, bodies := s.ledger.offers(doc, fn)
	tags, literal := s.features.actionTags, s.features.literalActions
	s.mu.Unlock()
	var list []protocol.CodeAction
	for _, b := range bodies {
		s.mu.Lock()
		e.served = true
		title := "Greenfill: insert " + shortened(firstLine(b.completion.Text()), 40) + "  " + e.label(b)
		accept := e.accept(doc, fn, b)
		s.mu.Unlock()
		a := protocol.CodeAction{Title: title, Edit: s.workspaceEdit(doc, doc.changes(fn, b)...), Command: accept}
		if !literal {
			a.Command = command(title, CommandApply, CommandArgument{SpecReference: doc.referTo(fn), ID: b.id})
		}
		if tags {
			a.Tags = []protocol.CodeActionTag{protocol.CodeActionTagLLMGenerated}
		}
		if len(list) == 0 {
			a.IsPreferred = ptr(true)
		}
		if list = append(list, a); len(list) == maxInsertActions {
			break
		}
	}
	return list
}

// wanted says whether a client's filter lets a kind of action through.
func wanted(only []protocol.CodeActionKind, kind protocol.CodeActionKind) bool {
	if len(only) == 0 {
		return true
	}
	for _, o := range only {
		if o == "" || o == kind || strings.HasPrefix(string(kind), string(o)+".") {
			return true
		}
	}
	return false
}

// overlap says whether two spans share a byte or touch.
func overlap(a, b parser.Span) bool { return a.Start <= b.End && b.Start <= a.End }
