package lsp

import (
	"context"
	"slices"

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
	add := func(d protocol.Diagnostic) {
		if !slices.ContainsFunc(list, func(have protocol.Diagnostic) bool { return have.Range == d.Range && have.Message == d.Message }) {
			list = append(list, d) // a check of two functions says the same of both
		}
	}
	for _, f := range s.seenFrom(doc, false) {
		for _, p := range f.Problems() {
			if p.Path == f.path {
				add(problem(doc, p))
			}
		}
		for _, d := range s.failures(doc, f) {
			add(d)
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

// failures are the checks of a written function that stand in a document and do not hold.
// When the run as a whole came to nothing, or none of the checks that fail stands in the
// function's own document, its name line says so.
func (s *server) failures(doc *Document, f seen) []protocol.Diagnostic {
	var list []protocol.Diagnostic
	w, ok := s.checksIn(f, func(at completion.Place, r completion.CheckResult) {
		if completion.CheckPassed(r) || completion.CheckNotReached(r) {
			return
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
		list = append(list, diagnosticAt(doc, at.Span, protocol.DiagnosticSeverityError, completion.StatusNames[r.Status], message))
	})
	if !ok || w.verified() {
		return nil
	}
	if len(list) == 0 && f.path == "" {
		line := doc.Mapper.LineSpan(f.Spec.Def.Start)
		span := parser.Span{Start: f.Spec.Def.Start, End: max(f.Spec.Def.Start, line.End)}
		list = append(list, diagnosticAt(doc, span, protocol.DiagnosticSeverityWarning, completion.StatusNames[w.verdict.Status], w.message()))
	}
	return list
}
