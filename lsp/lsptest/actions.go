package lsptest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/lsp"
)

// Open opens a file with a text.
func (e *Editor) Open(path, text string) *Buffer {
	b := &Buffer{URI: uri.File(path), Version: 1, Text: text}
	e.mu.Lock()
	e.buffers[b.URI] = b
	e.mu.Unlock()
	_ = e.Notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
		"uri": b.URI, "languageId": "python", "version": 1, "text": text}})
	return b
}

// OpenNotebook opens a notebook whose cells are Python.
func (e *Editor) OpenNotebook(path string, texts ...string) []*Buffer {
	var buffers []*Buffer
	var cells, items []any
	for i, text := range texts {
		b := &Buffer{URI: uri.URI(fmt.Sprintf("vscode-notebook-cell:%s#W%d", path, i)), Version: 1, Text: text, notebook: uri.File(path)}
		buffers = append(buffers, b)
		cells = append(cells, map[string]any{"kind": 2, "document": b.URI})
		items = append(items, map[string]any{"uri": b.URI, "languageId": "python", "version": 1, "text": text})
		e.mu.Lock()
		e.buffers[b.URI] = b
		e.mu.Unlock()
	}
	_ = e.Notify("notebookDocument/didOpen", map[string]any{"cellTextDocuments": items,
		"notebookDocument": map[string]any{"uri": uri.File(path), "notebookType": "jupyter-notebook", "version": 1, "cells": cells}})
	return buffers
}

// tell tells the server of a change of a buffer.
func (e *Editor) tell(b *Buffer, change map[string]any) error {
	if b.notebook == "" {
		return e.Notify("textDocument/didChange", change)
	}
	return e.Notify("notebookDocument/didChange", map[string]any{
		"notebookDocument": map[string]any{"uri": b.notebook, "version": b.Version},
		"change": map[string]any{"cells": map[string]any{"textContent": []any{map[string]any{
			"document": change["textDocument"], "changes": change["contentChanges"]}}}}})
}

// CloseFile closes it.
func (e *Editor) CloseFile(b *Buffer) {
	e.mu.Lock()
	delete(e.buffers, b.URI)
	e.mu.Unlock()
	_ = e.Notify("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": b.URI}})
}

// Save saves it.
func (e *Editor) Save(b *Buffer) {
	_ = e.Notify("textDocument/didSave", map[string]any{"textDocument": map[string]any{"uri": b.URI}})
}

// Edit replaces bytes of a buffer, as typing does, by one incremental change.
func (e *Editor) Edit(b *Buffer, start, end int, text string) {
	_ = e.tell(b, e.edited(b, start, end, text))
}

// edited makes the edit in the buffer and returns the notification's parameters.
func (e *Editor) edited(b *Buffer, start, end int, text string) map[string]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := protocol.Range{Start: PositionOf(b.Text, start, e.Encoding), End: PositionOf(b.Text, end, e.Encoding)}
	b.Text = b.Text[:start] + text + b.Text[end:]
	b.Version++
	return map[string]any{
		"textDocument":   map[string]any{"uri": b.URI, "version": b.Version},
		"contentChanges": []any{map[string]any{"range": r, "text": text}},
	}
}

// Replace replaces the one occurrence of old.
func (e *Editor) Replace(b *Buffer, old, text string) {
	i := strings.Index(b.Text, old)
	if i < 0 || strings.Count(b.Text, old) != 1 {
		panic(fmt.Sprintf("lsptest: %q must occur once in %q", old, b.Text))
	}
	e.Edit(b, i, i+len(old), text)
}

// at is textDocument and position of a byte offset.
func (e *Editor) at(b *Buffer, offset int) map[string]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	return map[string]any{
		"textDocument": map[string]any{"uri": b.URI},
		"position":     PositionOf(b.Text, offset, e.Encoding),
	}
}

// Inline asks for ghost text at a byte offset.
func (e *Editor) Inline(ctx context.Context, b *Buffer, offset int, kind protocol.InlineCompletionTriggerKind) ([]protocol.InlineCompletionItem, error) {
	p := e.at(b, offset)
	p["context"] = map[string]any{"triggerKind": kind}
	var list protocol.InlineCompletionList
	err := e.Call(ctx, "textDocument/inlineCompletion", p, &list)
	return list.Items, err
}

// Complete asks for a popup at a byte offset.
func (e *Editor) Complete(ctx context.Context, b *Buffer, offset int) (protocol.CompletionList, error) {
	var list protocol.CompletionList
	err := e.Call(ctx, "textDocument/completion", e.at(b, offset), &list)
	return list, err
}

// Lenses asks for code lenses.
func (e *Editor) Lenses(ctx context.Context, b *Buffer) ([]protocol.CodeLens, error) {
	var list []protocol.CodeLens
	err := e.Call(ctx, "textDocument/codeLens", map[string]any{"textDocument": map[string]any{"uri": b.URI}}, &list)
	return list, err
}

// Titles are the titles of the code lenses.
func (e *Editor) Titles(ctx context.Context, b *Buffer) ([]string, error) {
	lenses, err := e.Lenses(ctx, b)
	var list []string
	for _, l := range lenses {
		list = append(list, l.Command.Title)
	}
	return list, err
}

// Hints asks for the inlay hints, as "LINE text".
func (e *Editor) Hints(ctx context.Context, b *Buffer) ([]string, error) {
	var list []protocol.InlayHint
	err := e.Call(ctx, "textDocument/inlayHint", map[string]any{
		"textDocument": map[string]any{"uri": b.URI},
		"range":        protocol.Range{End: PositionOf(b.Text, len(b.Text), e.Encoding)},
	}, &list)
	var texts []string
	for _, h := range list {
		texts = append(texts, fmt.Sprintf("%d %s", h.Position.Line, strings.TrimSpace(string(h.Label.(protocol.String)))))
	}
	return texts, err
}

// Hover asks for the hover at a byte offset; "" is none.
func (e *Editor) Hover(ctx context.Context, b *Buffer, offset int) (string, error) {
	var h *protocol.Hover
	if err := e.Call(ctx, "textDocument/hover", e.at(b, offset), &h); err != nil || h == nil {
		return "", err
	}
	return h.Contents.(*protocol.MarkupContent).Value, nil
}

// Diagnostics pulls the diagnostics.
func (e *Editor) Diagnostics(ctx context.Context, b *Buffer) ([]protocol.Diagnostic, error) {
	var report protocol.RelatedFullDocumentDiagnosticReport
	err := e.Call(ctx, "textDocument/diagnostic", map[string]any{"textDocument": map[string]any{"uri": b.URI}}, &report)
	return report.Items, err
}

// Actions asks for code actions at a byte offset.
func (e *Editor) Actions(ctx context.Context, b *Buffer, offset int) ([]protocol.CodeAction, error) {
	pos := PositionOf(b.Text, offset, e.Encoding)
	var list []protocol.CodeAction
	err := e.Call(ctx, "textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": b.URI},
		"range":        protocol.Range{Start: pos, End: pos},
		"context":      map[string]any{"diagnostics": []any{}},
	}, &list)
	return list, err
}

// Execute runs a command.
func (e *Editor) Execute(ctx context.Context, command string, result any, arguments ...any) error {
	if arguments == nil {
		arguments = []any{}
	}
	return e.Call(ctx, "workspace/executeCommand", map[string]any{"command": command, "arguments": arguments}, result)
}

// Run runs a command that the server has put into an item, a lens or an action.
func (e *Editor) Run(ctx context.Context, c protocol.Command, result any) error {
	var arguments []any
	for _, a := range c.Arguments {
		arguments = append(arguments, a)
	}
	return e.Execute(ctx, c.Command, result, arguments...)
}

// AcceptInline inserts ghost text and runs its command, as Tab does.
func (e *Editor) AcceptInline(ctx context.Context, b *Buffer, item protocol.InlineCompletionItem) error {
	text, ok := item.InsertText.(protocol.String)
	if !ok {
		return fmt.Errorf("insertText is a %T", item.InsertText)
	}
	if item.Range == nil || item.Range.Start.Line != item.Range.End.Line {
		return fmt.Errorf("range %v is not on one line", item.Range)
	}
	if err := e.apply(b, protocol.TextEdit{Range: *item.Range, NewText: string(text)}); err != nil {
		return err
	}
	return e.Run(ctx, item.Command, nil)
}

// AcceptItem inserts a completion item and runs its command.
func (e *Editor) AcceptItem(ctx context.Context, b *Buffer, item protocol.CompletionItem) error {
	main, ok := item.TextEdit.(*protocol.TextEdit)
	if !ok {
		return fmt.Errorf("textEdit is a %T", item.TextEdit)
	}
	if main.Range.Start.Line != main.Range.End.Line {
		return fmt.Errorf("range %v is not on one line", main.Range)
	}
	if err := e.apply(b, append([]protocol.TextEdit{*main}, item.AdditionalTextEdits...)...); err != nil {
		return err
	}
	return e.Run(ctx, item.Command, nil)
}

// AcceptAction applies a code action's edit, then its command.
func (e *Editor) AcceptAction(ctx context.Context, a protocol.CodeAction) error {
	if a.Edit != nil {
		e.mu.Lock()
		reason := e.applyWorkspaceEdit(a.Edit)
		e.mu.Unlock()
		if reason != "" {
			return fmt.Errorf("applying %q: %s", a.Title, reason)
		}
	}
	if a.Command.Command == "" {
		return nil
	}
	return e.Run(ctx, a.Command, nil)
}

// apply makes edits of a buffer and tells the server, each as an incremental change from
// the last to the first.
func (e *Editor) apply(b *Buffer, edits ...protocol.TextEdit) error {
	e.mu.Lock()
	change, err := e.change(b, edits)
	e.mu.Unlock()
	if err != nil {
		return err
	}
	return e.tell(b, change)
}

// Text is what stands in a buffer now.
func (e *Editor) Text(b *Buffer) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return b.Text
}

// await waits until ok says so of what the editor knows; it is called with mu held.
func (e *Editor) await(what string, ok func() bool) error {
	deadline := time.NewTimer(Timeout)
	defer deadline.Stop()
	for {
		e.mu.Lock()
		done, changed := ok(), e.changed
		e.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-deadline.C:
			e.mu.Lock()
			defer e.mu.Unlock()
			return fmt.Errorf("waited in vain for %s; status %+v, results %+v, messages %q", what, e.status, e.results, e.messages)
		}
	}
}

// AwaitStatus waits until the server has a state.
func (e *Editor) AwaitStatus(state lsp.State) (lsp.Status, error) {
	var st lsp.Status
	err := e.await("status "+string(state), func() bool { st = e.status; return st.State == state })
	return st, err
}

// AwaitResults waits until the results of a spec are as wanted.
func (e *Editor) AwaitResults(spec string, ok func(lsp.Results) bool) (lsp.Results, error) {
	var r lsp.Results
	err := e.await("results of "+spec, func() bool { r = e.results[spec]; return r.Spec != "" && ok(r) })
	return r, err
}

// AwaitMessage waits for a window/showMessage that contains a text, and takes it.
func (e *Editor) AwaitMessage(part string) error {
	return e.await("message "+part, func() bool {
		for i, m := range e.messages {
			if strings.Contains(m, part) {
				e.messages = append(e.messages[:i], e.messages[i+1:]...)
				return true
			}
		}
		return false
	})
}

// AwaitDiagnostics waits until the pushed diagnostics of a buffer are as wanted.
func (e *Editor) AwaitDiagnostics(b *Buffer, ok func([]protocol.Diagnostic) bool) error {
	return e.await("diagnostics", func() bool { return ok(e.diagnostics[b.URI]) })
}

// Pushed are the diagnostics that the server has last sent by itself; ok is false if it
// never has.
func (e *Editor) Pushed(b *Buffer) (list []protocol.Diagnostic, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	list, ok = e.diagnostics[b.URI]
	return list, ok
}

// AwaitProgress waits until a progress has ended, and returns what it said.
func (e *Editor) AwaitProgress(token string) ([]string, error) {
	var said []string
	err := e.await("the end of progress "+token, func() bool {
		said = e.progress[token]
		return len(said) > 0 && strings.HasPrefix(said[len(said)-1], "end")
	})
	return said, err
}

// Questions are the window/showMessageRequests so far.
func (e *Editor) Questions() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.questions...)
}

// States are the states that greenfill/status has said, in order.
func (e *Editor) States() []lsp.State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]lsp.State(nil), e.statuses...)
}

// Registered are the methods that the server has asked for.
func (e *Editor) Registered() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.registered...)
}

// AwaitRefresh waits until the server has asked for a refresh since the count given, and
// returns the new count.
func (e *Editor) AwaitRefresh(since int) (int, error) {
	n := 0
	err := e.await("a refresh", func() bool { n = e.refreshes; return n > since })
	return n, err
}
