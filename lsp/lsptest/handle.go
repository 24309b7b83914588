package lsptest

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"greenfill/lsp"
)

// handle answers what the server says by itself.
func (e *Editor) handle(_ context.Context, req *jsonrpc2.Request) (any, error) {
	method, raw := strings.Clone(req.Method()), req.Params()
	e.mu.Lock()
	defer e.mu.Unlock()
	result, err := e.take(method, raw)
	close(e.changed)
	e.changed = make(chan struct{})
	if err != nil && !req.IsCall() {
		e.unexpected = append(e.unexpected, fmt.Sprintf("%s: %v", method, err))
		return nil, nil
	}
	return result, err
}

// take keeps what a message says. It needs mu.
func (e *Editor) take(method string, raw []byte) (any, error) {
	switch method {
	case lsp.MethodStatus:
		var st lsp.Status
		if err := protocol.Unmarshal(raw, &st); err != nil {
			return nil, err
		}
		e.status = st
		e.statuses = append(e.statuses, st.State)
	case lsp.MethodResults:
		var r lsp.Results
		if err := protocol.Unmarshal(raw, &r); err != nil {
			return nil, err
		}
		e.results[r.Spec] = r
	case "textDocument/publishDiagnostics":
		var p protocol.PublishDiagnosticsParams
		if err := protocol.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		e.diagnostics[p.URI] = p.Diagnostics
	case "window/showMessage":
		var p protocol.ShowMessageParams
		if err := protocol.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		e.messages = append(e.messages, p.Message)
	case "window/showMessageRequest":
		return e.answer(raw)
	case "workspace/configuration":
		return e.configuration(raw)
	case "workspace/applyEdit":
		return e.applyEdit(raw)
	case "client/registerCapability":
		var p protocol.RegistrationParams
		if err := protocol.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		for _, r := range p.Registrations {
			e.registered = append(e.registered, r.Method)
		}
	case "window/workDoneProgress/create", "$/cancelRequest":
	case "$/progress":
		var p struct {
			Token json.RawMessage
			Value struct{ Kind, Title, Message string }
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			return nil, err
		}
		token := strings.Trim(string(p.Token), `"`)
		e.progress[token] = append(e.progress[token], strings.TrimSpace(p.Value.Kind+" "+p.Value.Title+p.Value.Message))
	case "workspace/codeLens/refresh", "workspace/inlayHint/refresh", "workspace/diagnostic/refresh":
		e.refreshes++
	default:
		return nil, fmt.Errorf("%s: %w", method, jsonrpc2.ErrMethodNotFound)
	}
	return nil, nil
}

func (e *Editor) answer(raw []byte) (any, error) {
	var p protocol.ShowMessageRequestParams
	if err := protocol.Unmarshal(raw, &p); err != nil {
		return nil, err
	}
	e.questions = append(e.questions, p.Message)
	if e.config.Answer == nil {
		return nil, nil
	}
	var choices []string
	for _, a := range p.Actions {
		choices = append(choices, a.Title)
	}
	if title := e.config.Answer(p.Message, choices); title != "" {
		return map[string]string{"title": title}, nil
	}
	return nil, nil
}

func (e *Editor) configuration(raw []byte) (any, error) {
	var p protocol.ConfigurationParams
	if err := protocol.Unmarshal(raw, &p); err != nil {
		return nil, err
	}
	var values []any
	for _, item := range p.Items {
		settings := any(e.config.Settings)
		if item.ScopeURI != nil {
			if own, ok := e.config.Settings[string(*item.ScopeURI)]; ok {
				settings = own
			}
		}
		values = append(values, settings)
	}
	return values, nil
}

// applyEdit does what editors do: it refuses an edit of another version as a whole.
func (e *Editor) applyEdit(raw []byte) (any, error) {
	var p protocol.ApplyWorkspaceEditParams
	if err := protocol.Unmarshal(raw, &p); err != nil {
		return nil, err
	}
	if reason := e.applyWorkspaceEdit(&p.Edit); reason != "" {
		return map[string]any{"applied": false, "failureReason": reason}, nil
	}
	return map[string]any{"applied": true}, nil
}

// applyWorkspaceEdit says why it could not be done, "" if it was. It needs mu.
func (e *Editor) applyWorkspaceEdit(w *protocol.WorkspaceEdit) string {
	for _, c := range w.DocumentChanges {
		edit, ok := c.(*protocol.TextDocumentEdit)
		if !ok {
			return fmt.Sprintf("an edit of type %T", c)
		}
		b := e.buffers[edit.TextDocument.URI]
		if b == nil {
			return "no such buffer"
		}
		if v := edit.TextDocument.Version; v != nil && *v != b.Version {
			return fmt.Sprintf("the buffer is at version %d, the edit for %d", b.Version, *v)
		}
		var edits []protocol.TextEdit
		for _, el := range edit.Edits {
			te, ok := el.(*protocol.TextEdit)
			if !ok {
				return fmt.Sprintf("an edit of type %T", el)
			}
			edits = append(edits, *te)
		}
		if err := e.applyLocked(b, edits); err != nil {
			return err.Error()
		}
	}
	for u, edits := range w.Changes {
		b := e.buffers[u]
		if b == nil {
			return "no such buffer"
		}
		if err := e.applyLocked(b, edits); err != nil {
			return err.Error()
		}
	}
	return ""
}

// applyLocked makes edits of one buffer and tells the server, as one change.
func (e *Editor) applyLocked(b *Buffer, edits []protocol.TextEdit) error {
	change, err := e.change(b, edits)
	if err != nil {
		return err
	}
	return e.tell(b, change)
}

// change makes edits of one buffer and returns what the server is to be told. The caller
// holds the editor's mutex.
func (e *Editor) change(b *Buffer, edits []protocol.TextEdit) (map[string]any, error) {
	text, err := ApplyEdits(b.Text, edits, e.Encoding)
	if err != nil {
		return nil, err
	}
	b.Text = text
	b.Version++
	return map[string]any{
		"textDocument":   map[string]any{"uri": b.URI, "version": b.Version},
		"contentChanges": []any{map[string]any{"text": text}},
	}, nil
}

// ApplyEdits makes edits, which must not overlap, of a text.
func ApplyEdits(text string, edits []protocol.TextEdit, encoding protocol.PositionEncodingKind) (string, error) {
	type span struct {
		start, end int
		text       string
	}
	var spans []span
	for _, te := range edits {
		s, err := Offset(text, te.Range.Start, encoding)
		if err != nil {
			return "", err
		}
		f, err := Offset(text, te.Range.End, encoding)
		if err != nil {
			return "", err
		}
		spans = append(spans, span{s, f, te.NewText})
	}
	sort.SliceStable(spans, func(i, j int) bool { return spans[i].start < spans[j].start })
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.start < at || s.end < s.start {
			return "", fmt.Errorf("edits overlap at byte %d", s.start)
		}
		b.WriteString(text[at:s.start])
		b.WriteString(s.text)
		at = s.end
	}
	return b.String() + text[at:], nil
}
