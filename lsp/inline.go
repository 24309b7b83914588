package lsp

import (
	"context"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion"
)

// inlineParams are protocol.InlineCompletionParams with the version that some clients add.
type inlineParams struct {
	TextDocument struct {
		URI     uri.URI `json:"uri"`
		Version *int32  `json:"version"`
	} `json:"textDocument"`
	Position protocol.Position                `json:"position"`
	Context  protocol.InlineCompletionContext `json:"context"`
}

// prepareInline takes an inline request in wire order: the document, and its place as
// the newest of its document. Not every client cancels the one before; this does.
func (s *server) prepareInline(raw []byte) (work, error) {
	p := new(inlineParams)
	if err := protocol.Unmarshal(raw, p); err != nil {
		return nil, err
	}
	doc := s.document(p.TextDocument.URI)
	if doc == nil || p.TextDocument.Version != nil && *p.TextDocument.Version != doc.Version {
		return func(context.Context) (any, error) { return inlineList(nil), nil }, nil
	}
	s.mu.Lock()
	s.endInlineLocked(doc.URI)
	superseded := make(chan struct{})
	s.inline[doc.URI] = superseded
	s.mu.Unlock()
	return func(ctx context.Context) (any, error) {
		defer s.inlineDone(doc.URI, superseded)
		items, err := s.inlineItems(ctx, p, doc, superseded)
		return inlineList(items), err
	}, nil
}

// endInlineLocked has the document's waiting inline request answered with nothing: its
// position is one of a text that is no more, or a newer request has come. It needs the
// server's mutex.
func (s *server) endInlineLocked(u uri.URI) {
	if waiting, ok := s.inline[u]; ok {
		close(waiting)
		delete(s.inline, u)
	}
}

func (s *server) inlineDone(u uri.URI, mine chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inline[u] == mine {
		delete(s.inline, u)
	}
}

func inlineList(items []protocol.InlineCompletionItem) *protocol.InlineCompletionList {
	if items == nil {
		items = []protocol.InlineCompletionItem{}
	}
	return &protocol.InlineCompletionList{Items: items}
}

// inlineItems are the bodies that can appear at the cursor: those known, or the first
// that a job finds while the request waits.
func (s *server) inlineItems(ctx context.Context, p *inlineParams, doc *Document, superseded <-chan struct{}) ([]protocol.InlineCompletionItem, error) {
	cursor := doc.Mapper.PositionOffset(p.Position)
	fn := doc.FunctionAt(cursor)
	if fn == nil || len(fn.Checks) == 0 || cursor < fn.Body.Start {
		return nil, nil
	}
	var selected *change
	if info := p.Context.SelectedCompletionInfo; info != (protocol.SelectedCompletionInfo{}) {
		selected = &change{doc.Mapper.RangeSpan(info.Range), info.Text}
	}
	items := func() ([]protocol.InlineCompletionItem, <-chan struct{}) { return s.ghosts(doc, fn, cursor, selected) }
	if known, _ := items(); len(known) > 0 {
		return known, nil
	}
	job := s.inlineJob(doc, fn, p.Context.TriggerKind == protocol.InlineCompletionTriggerKindInvoked)
	if job == nil {
		return nil, nil
	}
	release := s.hold(job)
	defer release()
	limit := time.NewTimer(s.settings(doc.URI).wait())
	defer limit.Stop()
	for {
		done := closed(job.done) // before the look at what it has come to
		found, changed := items()
		if now := s.document(doc.URI); now == nil || now.Version != doc.Version {
			return nil, nil // the text has moved on, and the position with it
		}
		if len(found) > 0 || done {
			return found, nil
		}
		select {
		case <-changed:
		case <-job.done:
		case <-superseded:
			return nil, nil
		case <-limit.C:
			s.pin(job) // it goes on; greenfill/results says when to ask again
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// inlineJob is the job that an inline request may wait for, or nil: the spec's running
// one, or a new one where the mode allows it. What a job has come to is not sought again
// unless the user asks.
func (s *server) inlineJob(doc *Document, fn *completion.Function, invoked bool) *job {
	automatic := s.settings(doc.URI).Trigger == "automatic"
	if !invoked && !s.mayBegin(doc, fn, automatic) {
		return nil
	}
	return s.begin(doc, fn, !invoked, 0)
}

// mayBegin says whether a request that nobody made by hand may wait for a job of the
// function: there is one, or the mode is automatic and the outcome not yet known.
func (s *server) mayBegin(doc *Document, fn *completion.Function, automatic bool) bool {
	if !unwritten(fn) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ledger.lookup(doc.URI, fn)
	if e != nil && e.job != nil {
		return true
	}
	return automatic && (e == nil || !e.known(fn)) && !s.hopeless()
}

// ghosts are the bodies that fit at the cursor, and the channel that is closed when there
// may be others.
func (s *server) ghosts(doc *Document, fn *completion.Function, cursor int, selected *change) ([]protocol.InlineCompletionItem, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.ledger.entry(doc, fn).changed
	fn = doc.around(fn, cursor)
	e, bodies := s.ledger.offers(doc, fn)
	var items []protocol.InlineCompletionItem
	for _, b := range bodies {
		c, ok := doc.ghost(fn, b, cursor, selected)
		if !ok {
			continue
		}
		e.served = true
		items = append(items, protocol.InlineCompletionItem{
			InsertText: protocol.String(c.text),
			Range:      ptr(doc.Mapper.SpanRange(c.Span)),
			Command:    e.accept(doc, fn, b),
		})
	}
	return items, changed
}

// accept is the command that tells the server that a body was inserted. Its title is
// the label.
func (e *entry) accept(doc *Document, fn *completion.Function, b body) protocol.Command {
	return command(e.label(b), CommandAccept, CommandArgument{SpecReference: doc.referTo(fn), Key: e.key, ID: b.id})
}
