package lsp

import (
	"context"
	"fmt"

	"go.lsp.dev/protocol"

	"greenfill/completion"
	"greenfill/parser"
)

// codeLens shows on each function with checks where it stands and what can be done.
func (s *server) codeLens(_ context.Context, _ *protocol.CodeLensParams, doc *Document) ([]protocol.CodeLens, error) {
	lenses := []protocol.CodeLens{}
	if doc == nil || !s.settings(doc.URI).CodeLens {
		return lenses, nil
	}
	list := doc.Functions()
	for i := range list {
		fn := &list[i]
		if len(fn.Checks) == 0 {
			continue
		}
		line := doc.Mapper.LineSpan(fn.Spec.Def.Start)
		at := doc.Mapper.SpanRange(parser.Span{Start: fn.Spec.Def.Start, End: max(fn.Spec.Def.Start, line.End)})
		for _, c := range s.lensCommands(doc, fn) {
			lenses = append(lenses, protocol.CodeLens{Range: at, Command: c})
		}
	}
	return lenses, nil
}

// lensCommands are the lenses of one function.
func (s *server) lensCommands(doc *Document, fn *completion.Function) []protocol.Command {
	ref := doc.referTo(fn)
	if fn.Written {
		return s.writtenLens(doc, fn)
	}
	f := s.folder(doc.URI)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok, known := s.decided(f); known && !ok {
		return []protocol.Command{command("trust this folder to complete", CommandTrust, Trust{Trusted: true, Folder: f.uri})}
	}
	e := s.ledger.entry(doc, fn)
	complete := command("▶ "+toWrite(fn)+" from "+counted(len(fn.Checks), "check"), CommandComplete, CommandArgument{SpecReference: ref, Apply: true})
	more := command("more samples", CommandMore, CommandArgument{SpecReference: ref})
	var list []protocol.Command
	if from, bodies := s.ledger.offers(doc, fn); len(bodies) > 0 {
		best := bodies[0]
		list = append(list, command(from.label(best)+" — insert", CommandApply, CommandArgument{SpecReference: ref, ID: best.id}))
	}
	if t := e.jointFor(doc); t != nil && len(list) == 0 {
		list = append(list, command(t.label()+" — insert", CommandApply, CommandArgument{SpecReference: ref}))
	}
	switch {
	case e.job != nil && (e.job.stage == StateDeferred || e.job.stage == StatePaused) && e.job.reason != reasonOtherServer:
		list = append(list, command(reasonText(e.job.reason)+" — sample anyway", CommandComplete, ref))
	case e.job != nil:
		list = append(list, command(e.job.lens(), CommandCancel, ref))
	case len(list) > 0:
		list = append(list, more)
	case e.known(fn) && e.state == JobFailed:
		list = append(list, command("✗ "+shortened(e.message, 120), CommandExplain, ref), complete)
	case e.known(fn):
		list = append(list, command(fmt.Sprintf("✗ %s: why?", e.summary()), CommandExplain, ref), more)
	default:
		list = append(list, complete)
	}
	if len(e.bodies)+len(e.failed) > 0 && s.clientCommandLocked(ClientShowCandidates) {
		list = append(list, command("all candidates", ClientShowCandidates, ref))
	}
	return list
}

// toWrite is what is to be done about an unwritten function.
func toWrite(fn *completion.Function) string {
	if fn.Missing() {
		return "write " + fn.Spec.QualifiedName
	}
	return "complete"
}

// lens is a running job as a lens. It needs the server's mutex.
func (j *job) lens() string {
	switch j.stage {
	case StateLoading:
		return fmt.Sprintf("loading the model: %d %% — stop", int(j.share*100))
	case StateDeferred:
		return reasonText(j.reason)
	case StateSampling, StateVerifying:
		return fmt.Sprintf("%d of %s, %d passed — stop", j.entry.samples, counted(j.entry.planned, "sample"), j.entry.passed())
	}
	return "waiting — stop"
}

// writtenLens shows whether a written function passes its checks, if that is known.
func (s *server) writtenLens(doc *Document, fn *completion.Function) []protocol.Command {
	ref := doc.referTo(fn)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watched[doc.URI][fn.Spec.QualifiedName]
	switch {
	case w == nil:
		return []protocol.Command{command("check", CommandCheck, CommandArgument{SpecReference: ref})}
	case !w.current(fn):
		return []protocol.Command{command("… checking", CommandCheck, CommandArgument{SpecReference: ref})}
	}
	title := w.message()
	if w.verified() {
		title += " — verified"
	}
	return []protocol.Command{command(shortened(title, 120), CommandCheck, CommandArgument{SpecReference: ref})}
}

// clientCommandLocked says whether the client has a command. It needs the server's mutex.
func (s *server) clientCommandLocked(name string) bool {
	for _, c := range s.options.ClientCommands {
		if c == name {
			return true
		}
	}
	return false
}
