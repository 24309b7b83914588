package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"greenfill/completion"
)

// completion answers at once with what is known, so that no popup waits for us, and says
// isIncomplete while a job is at work.
func (s *server) completion(_ context.Context, p *protocol.CompletionParams, doc *Document) (*protocol.CompletionList, error) {
	list := &protocol.CompletionList{Items: []protocol.CompletionItem{}}
	if doc == nil {
		return list, nil
	}
	cursor := doc.Mapper.PositionOffset(p.Position)
	fn := doc.FunctionAt(cursor)
	if fn == nil || len(fn.Checks) == 0 || cursor < fn.Body.Start {
		return list, nil
	}
	list.Items = s.items(doc, fn, cursor)
	if len(list.Items) == 0 && s.mayBegin(doc, fn, s.settings(doc.URI).Trigger == "automatic") {
		if job := s.begin(doc, fn, true, 0); job != nil {
			s.pin(job)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list.IsIncomplete = s.ledger.entry(doc, fn).job != nil
	return list, nil
}

// items are the bodies that fit, as completion items.
func (s *server) items(doc *Document, fn *completion.Function, cursor int) []protocol.CompletionItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn = doc.around(fn, cursor)
	e, bodies := s.ledger.offers(doc, fn)
	items := []protocol.CompletionItem{}
	for i, b := range bodies {
		e.served = true
		it := doc.item(fn, b, cursor)
		main := doc.edit(it.main)
		ci := protocol.CompletionItem{
			Label:            shortened(firstLine(b.completion.Text()), 60),
			LabelDetails:     &protocol.CompletionItemLabelDetails{Description: ptr(e.label(b))},
			Kind:             protocol.CompletionItemKindSnippet,
			Documentation:    s.bodyDocumentation(e, b),
			SortText:         protocol.NewOptional(fmt.Sprintf("!%04d", i)), // before what other servers offer
			InsertTextFormat: protocol.InsertTextFormatPlainText,
			InsertTextMode:   protocol.InsertTextModeAsIs,
			TextEdit:         &main,
			Command:          e.accept(doc, fn, b),
		}
		if it.filter != "" {
			ci.FilterText = protocol.NewOptional(it.filter)
		}
		if i == 0 {
			ci.Preselect = protocol.NewOptional(true)
		}
		if c, ok := doc.imports(b); ok {
			it.others = append(it.others, c)
		}
		for _, c := range it.others {
			ci.AdditionalTextEdits = append(ci.AdditionalTextEdits, doc.edit(c))
		}
		items = append(items, ci)
	}
	return items
}

// bodyDocumentation shows a body and what it passed. It needs the server's mutex.
func (s *server) bodyDocumentation(e *entry, b body) protocol.InlayHintTooltip {
	text := strings.Trim(b.completion.Text(), "\r\n")
	if !s.features.markdown {
		return protocol.String(e.label(b) + "\n\n" + text)
	}
	return &protocol.MarkupContent{Kind: protocol.MarkupKindMarkdown,
		Value: e.label(b) + "\n\n```python\n" + text + "\n```"}
}
