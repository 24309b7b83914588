package lsp

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"

	"greenfill/completion"
	"greenfill/parser"
)

// A drawing is what a job drew its bodies from, so that they can be drawn again.
type drawing struct {
	text       string // of the document
	neighbours []parser.TestFile
	how        completion.Drawing                        // without source and the model's hash
	hash       func(ctx context.Context) (string, error) // of the model
}

// drawing is what a job with a loaded model will draw from; nil if nobody can tell which
// model that is.
func (j *job) drawing(loaded *Loaded, request completion.Job) *drawing {
	if loaded.Hash == nil {
		return nil
	}
	s := request.Sampling
	return &drawing{text: j.doc.Text, neighbours: j.doc.neighbours, hash: loaded.Hash,
		how: completion.Drawing{Model: loaded.Name, Samples: request.Budget.Samples, Temperature: s.Temperature, TopP: s.TopP, Seed: s.Seed}}
}

// filled is the document that was drawn from, with a body of a function in it; nil if it
// has no such function, or one that was begun: nobody could say where to go on with it.
func (d *drawing) filled(u uri.URI, name string, b body) *Document {
	before := d.document(u, d.text)
	fn := before.FunctionNamed(name)
	if fn == nil || fn.Written {
		return nil
	}
	return d.document(u, string(b.completion.Fill(before.File(), fn.Spec)))
}

// document is a text beside the files of tests that were there then.
func (d *drawing) document(u uri.URI, text string) *Document {
	return NewDocument(u, 0, text, protocol.PositionEncodingKindUTF8).beside(d.neighbours)
}

// drawn finds how the body of a written function was drawn, and the text that it came to
// then: nothing that matters to the function has changed since. It is nil if the body is
// not one of ours.
func (s *server) drawn(doc *Document, fn *completion.Function) (*drawing, *Document) {
	name, now := fn.Spec.QualifiedName, doc.Text[fn.Body.Start:fn.Body.End]
	s.mu.Lock()
	var bodies []body
	var joints []*joint
	for _, key := range slices.Sorted(maps.Keys(s.ledger.entries)) { // so that a proof is the same each time
		e := s.ledger.entries[key]
		if e.uri != doc.URI || e.name != name {
			continue
		}
		for _, b := range e.bodies {
			if b.drawn != nil && strings.Contains(now, strings.TrimSpace(b.completion.Body())) {
				bodies = append(bodies, b)
			}
		}
		if e.joint != nil && e.joint.drawn != nil {
			joints = append(joints, e.joint)
		}
	}
	s.mu.Unlock()
	for _, b := range bodies {
		after := b.drawn.filled(doc.URI, name, b)
		if after != nil && alike(fn, doc.Text, after.FunctionNamed(name), after.Text) {
			return b.drawn, after
		}
	}
	for _, j := range joints {
		after := j.drawn.document(doc.URI, string(j.Text))
		if alike(fn, doc.Text, after.FunctionNamed(name), after.Text) {
			return j.drawn, after
		}
	}
	return nil, nil
}

// alike says whether two written functions have the same outcome: signature, body, checks
// and what they use of their texts are the same. The second may be nil.
func alike(fn *completion.Function, text string, then *completion.Function, thenText string) bool {
	if then == nil || !then.Written || then.Base != fn.Base {
		return false
	}
	body := text[fn.Body.Start:fn.Body.End]
	return body == thenText[then.Body.Start:then.Body.End] && then.Needs(body) == fn.Needs(body)
}

// proofAction saves a proof of a function whose checks hold as it stands.
func (s *server) proofAction(doc *Document, fn *completion.Function) (a protocol.CodeAction, ok bool) {
	w, known := s.outcome(doc.URI, fn)
	if !known || !w.verified() || doc.URI.Scheme() != "file" {
		return a, false
	}
	ref := doc.referTo(fn)
	return runs(command("Greenfill: save a proof of "+ref.Spec, CommandProof, ref)), true
}

// proofCommand saves a proof of a written function beside its file, in a new file.
func (s *server) proofCommand(ctx context.Context, in invocation) (any, error) {
	doc, fn, err := in.spec()
	if err != nil {
		return nil, err
	}
	name := fn.Spec.QualifiedName
	if !fn.Written {
		return nil, failed("%s is not written yet", name)
	}
	if doc.URI.Scheme() != "file" {
		return nil, failed("a proof is saved beside its file, and this document is none")
	}
	if w, known := s.outcome(doc.URI, fn); !known || !w.verified() {
		r, err := s.checkOne(ctx, doc, fn)
		if err != nil {
			return nil, err
		}
		if r.State != JobVerified {
			return nil, failed("%s: %s", name, r.Message)
		}
	}
	p, err := s.prove(ctx, doc, fn)
	if err != nil {
		return nil, err
	}
	path, err := p.SaveBeside(name)
	if err != nil {
		return nil, failed("%v", err)
	}
	answer := Proof{URI: uri.File(path), Spec: name, Drawn: p.Drawn != nil}
	answer.Message = name + ": its proof is in " + filepath.Base(path)
	if !answer.Drawn {
		answer.Message += ", without samples, as its body was not drawn here"
	}
	s.notify(protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: protocol.MessageTypeInfo, Message: answer.Message})
	return answer, nil
}

// prove is a proof of a function whose checks hold: of the text that it was drawn for, if
// it was, else of the text as it stands.
func (s *server) prove(ctx context.Context, doc *Document, fn *completion.Function) (*completion.Proof, error) {
	f := s.folder(doc.URI)
	python, err := s.interpreter(ctx, f)
	if err != nil {
		return nil, err
	}
	p := &completion.Proof{Greenfill: s.o.Version, File: pathOf(doc.URI), Dir: f.path, Python: python}
	text := doc
	from, after := s.drawn(doc, fn)
	if from != nil {
		how := from.how
		how.Source = from.text
		if how.ModelHash, err = from.hash(ctx); err != nil {
			s.log.Warn("the model's hash", zap.Error(err))
			return nil, failed("%s: the model that drew it cannot be read any more: %v", fn.Spec.QualifiedName, err)
		}
		p.Drawn, text = &how, after
	}
	p.Text = text.Text
	p.AddTests(text.neighbours)
	// A proof holds one file: what else the function was checked with must not matter.
	if !alike(fn, doc.Text, completion.FunctionNamed(p.After(), fn.Spec.QualifiedName), p.Text) || !p.AddFunction(fn.Spec.QualifiedName) {
		return nil, failed("%s needs more than its file: nothing was saved", fn.Spec.QualifiedName)
	}
	return p, ctx.Err()
}

// interpreter is the Python that a folder's code runs with.
func (s *server) interpreter(ctx context.Context, f *folder) (i completion.Interpreter, err error) {
	err = s.confined(ctx, f, func(c *completion.Completer) {
		s.mu.Lock()
		set := f.settings
		s.mu.Unlock()
		i = c.Interpreter(ctx, f.path, f.interpreter(set))
	})
	return i, err
}
