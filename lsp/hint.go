package lsp

import (
	"context"
	"slices"

	"go.lsp.dev/protocol"

	"greenfill/completion"
)

// inlayHint shows after each check how it ended last, while the function is as it was then,
// wherever that stands.
func (s *server) inlayHint(_ context.Context, p *protocol.InlayHintParams, doc *Document) ([]protocol.InlayHint, error) {
	hints := []protocol.InlayHint{}
	if doc == nil || !s.settings(doc.URI).InlayHints {
		return hints, nil
	}
	shown := doc.Mapper.RangeSpan(p.Range)
	for _, f := range s.seenFrom(doc, true) {
		s.checksIn(f, func(at completion.Place, r completion.CheckResult) {
			if !overlap(at.Span, shown) {
				return
			}
			hint := protocol.InlayHint{
				Position:    doc.Mapper.OffsetPosition(doc.Mapper.LineSpan(at.End).End),
				Label:       protocol.String(checkMark(r)),
				PaddingLeft: ptr(true),
			}
			if !slices.ContainsFunc(hints, func(h protocol.InlayHint) bool { return h.Position == hint.Position && h.Label == hint.Label }) {
				hints = append(hints, hint) // a check of two functions says the same for both
			}
		})
	}
	return hints, nil
}
