package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/protocol"

	"greenfill/completion"
	"greenfill/parser"
)

// hover shows a function's checks with how each ended last: of the function as it is
// written, or of the best body that was found for it.
func (s *server) hover(_ context.Context, p *protocol.HoverParams, doc *Document) (*protocol.Hover, error) {
	if doc == nil {
		return nil, nil
	}
	offset := doc.Mapper.PositionOffset(p.Position)
	fn := doc.FunctionAt(offset)
	if fn == nil || len(fn.Checks) == 0 || offset > fn.Body.Start {
		return nil, nil // the body belongs to other servers' hovers
	}
	var b strings.Builder
	title, results := s.lastOutcome(doc, fn)
	fmt.Fprintf(&b, "**Greenfill** · %s · %s\n", counted(len(fn.Checks), "check"), title)
	for i, c := range fn.Checks {
		mark := "·"
		if i < len(results) {
			mark = checkMark(results[i])
		}
		text := "in " + c.Path
		if c.Path == "" {
			text = "`" + codeSpan(firstLine(doc.Text[c.Start:c.End])) + "`"
		}
		fmt.Fprintf(&b, "\n- %s %s", text, mark)
	}
	at := doc.Mapper.SpanRange(parser.Span{Start: fn.Spec.Def.Start, End: fn.Body.Start})
	return &protocol.Hover{
		Contents: &protocol.MarkupContent{Kind: protocol.MarkupKindMarkdown, Value: b.String()},
		Range:    &at,
	}, nil
}

// lastOutcome is where a function stands in words, and how its checks ended.
func (s *server) lastOutcome(doc *Document, fn *completion.Function) (string, []completion.CheckResult) {
	if fn.Written {
		w, ok := s.outcome(doc.URI, fn)
		if !ok {
			return "not run since the last change", nil
		}
		return w.message(), w.verdict.Checks
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ledger.entry(doc, fn)
	if len(e.bodies) > 0 {
		return "not written yet; " + e.summary(), e.bodies[0].completion.Verdict().Checks
	}
	return "not written yet; " + e.summary(), nil
}

// checkMark is how one check ended, for a hint or a hover.
func checkMark(r completion.CheckResult) string {
	switch {
	case completion.CheckPassed(r):
		return "✓"
	case completion.CheckNotReached(r):
		return "· not reached"
	case r.Actual != "":
		return "✗ is " + shortened(r.Actual, 60)
	case r.Message != "":
		return "✗ " + shortened(firstLine(r.Message), 60)
	}
	return "✗"
}

// codeSpan is text that may stand between backquotes.
func codeSpan(s string) string { return strings.ReplaceAll(shortened(s, 100), "`", "'") }
