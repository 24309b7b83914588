package lsp

import (
	"context"

	"go.lsp.dev/protocol"

	"greenfill/completion"
)

// candidates is all that is known of a spec, for a panel. It starts nothing.
func (s *server) candidates(_ context.Context, p *SpecReference, doc *Document) (*Candidates, error) {
	if doc == nil {
		return nil, nil
	}
	fn := doc.find(*p)
	if fn == nil || fn.Written || len(fn.Checks) == 0 {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.ledger.entry(doc, fn)
	c := &Candidates{Results: e.results(), Elapsed: e.elapsed.Milliseconds(), Candidates: []Candidate{}}
	for _, b := range e.bodies {
		c.Candidates = append(c.Candidates, Candidate{
			ID: b.id, Text: b.completion.Text(), Label: e.label(b), Samples: b.agree, Verified: true,
			Verdict: wireVerdict(b.completion.Verdict()),
		})
	}
	for _, f := range e.failed {
		c.Candidates = append(c.Candidates, Candidate{
			ID: e.id(f.Text), Text: f.Text, Label: "✗ " + asserts(f.Verdict.Passed, f.Verdict.Total), Samples: f.Samples,
			Verdict: wireVerdict(f.Verdict),
		})
	}
	return c, nil
}

// specsParams name a document.
type specsParams struct {
	TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
}

// specs lists the unwritten functions of a document that have checks.
func (s *server) specs(_ context.Context, _ *specsParams, doc *Document) ([]Results, error) {
	list := []Results{}
	if doc == nil {
		return list, nil
	}
	functions := doc.Functions()
	for i := range functions {
		fn := &functions[i]
		if unwritten(fn) {
			list = append(list, s.resultsOf(doc, fn))
		}
	}
	return list, nil
}

// unwritten says whether a function can be completed.
func unwritten(fn *completion.Function) bool {
	return fn != nil && !fn.Written && len(fn.Checks) > 0
}

// doctor says what is set up and what is not.
func (s *server) doctor(ctx context.Context, _ *struct{}, _ *Document) (Doctor, error) {
	d := Doctor{OK: true, Findings: []Finding{}}
	if s.o.Doctor != nil {
		d.Findings = append(d.Findings, s.o.Doctor(ctx)...)
	}
	d.Findings = append(d.Findings, s.trustFindings()...)
	for _, f := range d.Findings {
		d.OK = d.OK && f.State != "failure"
	}
	return d, nil
}

// trustFindings say which folders may run code.
func (s *server) trustFindings() []Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Finding
	for _, f := range s.folders {
		trusted, known := s.decided(f)
		finding := Finding{Name: "trust", State: "ok", Message: folderName(f) + " is trusted"}
		switch {
		case !known:
			finding.Message = folderName(f) + ": the question is put when something is first to run"
		case !trusted:
			finding = Finding{"trust", "warning", folderName(f) + " is not trusted: nothing of it runs", "trust the folder in your editor, or run the command " + CommandTrust}
		}
		list = append(list, finding)
	}
	return list
}

// folderName is a folder for people.
func folderName(f *folder) string {
	if f.path == "" {
		return "this file"
	}
	return f.path
}
