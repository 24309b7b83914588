package lsp

import (
	"go.lsp.dev/protocol"

	"greenfill/completion"
)

// A place is where a function stands in a version of its document.
type place struct {
	version int32
	def     protocol.Range
	hole    protocol.Range
}

func placeOf(d *Document, fn *completion.Function) place {
	return place{d.Version, d.Mapper.SpanRange(fn.Spec.Def), d.Mapper.SpanRange(fn.Spec.Hole)}
}

// results say what is known of an entry, for the client. It needs the server's mutex.
func (e *entry) results() Results {
	r := Results{
		URI: e.uri, Version: e.at.version, Spec: e.name, Key: e.key, Range: e.at.def, Hole: e.at.hole,
		State: e.state, Samples: e.samples, Planned: e.planned, Passed: e.passed(),
		Completions: len(e.bodies), Checks: e.checks, Message: e.summary(),
	}
	if r.State == "" {
		r.State = JobDone
	}
	return r
}

// resultsOf are the results of an unwritten function, whatever is known of it.
func (s *server) resultsOf(d *Document, fn *completion.Function) Results {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ledger.entry(d, fn).results()
}

// find is the function that a reference names, or nil.
func (d *Document) find(r SpecReference) *completion.Function {
	if r.Spec != "" {
		return d.FunctionNamed(r.Spec)
	}
	if r.Position == nil {
		return nil
	}
	return d.FunctionAt(d.Mapper.PositionOffset(*r.Position))
}

// referTo is the reference that names a function.
func (d *Document) referTo(fn *completion.Function) SpecReference {
	return SpecReference{URI: d.URI, Spec: fn.Spec.QualifiedName}
}
