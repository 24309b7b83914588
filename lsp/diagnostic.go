package lsp

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion"
	"greenfill/parser"
)

// diagnosticSource is how editors name where a diagnostic comes from.
const diagnosticSource = "greenfill"

// diagnostic is the pull side: what is wrong with the document's checks.
func (s *server) diagnostic(_ context.Context, _ *protocol.DocumentDiagnosticParams, doc *Document) (*protocol.RelatedFullDocumentDiagnosticReport, error) {
	r := &protocol.RelatedFullDocumentDiagnosticReport{}
	r.Kind = string(protocol.DocumentDiagnosticReportKindFull)
	r.Items = []protocol.Diagnostic{}
	if doc != nil {
		r.Items = s.diagnostics(doc)
	}
	return r, nil
}

// pushDiagnostics is the push side, for clients that do not pull.
func (s *server) pushDiagnostics(u uri.URI) {
	s.mu.Lock()
	pull := s.features.pull
	s.mu.Unlock()
	if pull {
		return
	}
	p := &protocol.PublishDiagnosticsParams{URI: u, Diagnostics: []protocol.Diagnostic{}}
	if doc := s.document(u); doc != nil {
		p.Version = protocol.NewOptional(doc.Version)
		p.Diagnostics = s.diagnostics(doc)
	}
	if len(p.Diagnostics) == 0 && !s.publisher.pushed[u] {
		return // there is nothing to take back
	}
	s.publisher.pushed[u] = len(p.Diagnostics) > 0
	s.notify(protocol.MethodTextDocumentPublishDiagnostics, p)
}

// diagnostics are the faults of a document's specs, and the failing checks of functions
// that were checked as they stand.
func (s *server) diagnostics(doc *Document) []protocol.Diagnostic {
	list := []protocol.Diagnostic{}
	if !s.settings(doc.URI).Diagnostics {
		return list
	}
	functions := doc.Functions()
	for i := range functions {
		fn := &functions[i]
		for _, p := range fn.Problems() {
			list = append(list, problem(doc, p))
		}
		if !fn.Written {
			continue
		}
		if w, ok := s.outcome(doc.URI, fn); ok {
			list = append(list, failures(doc, fn, w)...)
		}
	}
	return list
}

func diagnosticAt(doc *Document, span parser.Span, severity protocol.DiagnosticSeverity, code, message string) protocol.Diagnostic {
	return protocol.Diagnostic{
		Range: doc.Mapper.SpanRange(span), Severity: severity, Code: protocol.String(code),
		Source: protocol.NewOptional(diagnosticSource), Message: protocol.String(message),
	}
}

// problem is a fault of a spec that was found without running anything.
func problem(doc *Document, p completion.Problem) protocol.Diagnostic {
	return diagnosticAt(doc, p.Span, protocol.DiagnosticSeverityWarning, p.Code, p.Message)
}

// failures are the checks of a written function that do not hold. When the run as a
// whole came to nothing, the function's name line says so.
func failures(doc *Document, fn *completion.Function, w watched) []protocol.Diagnostic {
	if w.verified() {
		return nil
	}
	var list []protocol.Diagnostic
	for k, r := range w.verdict.Checks {
		if k >= len(fn.Checks) || fn.Checks[k].Path != "" || completion.CheckPassed(r) || completion.CheckNotReached(r) {
			continue
		}
		message := "check does not hold"
		switch {
		case r.Actual != "" && r.Expected != "":
			message = "is " + r.Actual + ", not " + r.Expected
		case r.Actual != "":
			message = "is " + r.Actual
		case r.Message != "":
			message = r.Message
		}
		list = append(list, diagnosticAt(doc, fn.Checks[k].Span, protocol.DiagnosticSeverityError, completion.StatusNames[r.Status], message))
	}
	if len(list) == 0 {
		line := doc.Mapper.LineSpan(fn.Spec.Def.Start)
		span := parser.Span{Start: fn.Spec.Def.Start, End: max(fn.Spec.Def.Start, line.End)}
		list = append(list, diagnosticAt(doc, span, protocol.DiagnosticSeverityWarning, completion.StatusNames[w.verdict.Status], w.message()))
	}
	return list
}
