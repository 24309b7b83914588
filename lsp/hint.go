package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// inlayHint shows after each check how it ended last, while the function is as it was then.
func (s *server) inlayHint(_ context.Context, p *protocol.InlayHintParams, doc *Document) ([]protocol.InlayHint, error) {
	hints := []protocol.InlayHint{}
	if doc == nil || !s.settings(doc.URI).InlayHints {
		return hints, nil
	}
	shown := doc.Mapper.RangeSpan(p.Range)
	list := doc.Functions()
	for i := range list {
		fn := &list[i]
		if !fn.Written {
			continue
		}
		w, ok := s.outcome(doc.URI, fn)
		if !ok {
			continue
		}
		for k, r := range w.verdict.Checks {
			if k >= len(fn.Checks) || fn.Checks[k].Path != "" || !overlap(fn.Checks[k].Span, shown) {
				continue
			}
			hints = append(hints, protocol.InlayHint{
				Position:    doc.Mapper.OffsetPosition(doc.Mapper.LineSpan(fn.Checks[k].End).End),
				Label:       protocol.String(checkMark(r)),
				PaddingLeft: ptr(true),
			})
		}
	}
	return hints, nil
}
