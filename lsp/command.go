package lsp

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion"
)

// The commands of workspace/executeCommand.
const (
	CommandComplete       = "greenfill.complete"
	CommandMore           = "greenfill.more"
	CommandApply          = "greenfill.apply"
	CommandAccept         = "greenfill.accept"
	CommandCancel         = "greenfill.cancel"
	CommandExplain        = "greenfill.explain"
	CommandPause          = "greenfill.pause"
	CommandResume         = "greenfill.resume"
	CommandTrust          = "greenfill.trust"
	CommandCheck          = "greenfill.check"
	CommandCheckDocument  = "greenfill.checkDocument"
	CommandCheckWorkspace = "greenfill.checkWorkspace"
	CommandProof          = "greenfill.proof"
	CommandModels         = "greenfill.model.list"
	CommandPull           = "greenfill.model.pull"
	CommandRestart        = "greenfill.restart"
)

// The commands that a client may offer to run itself.
const (
	ClientShowCandidates = "greenfill.showCandidates"
	ClientShowDoctor     = "greenfill.showDoctor"
)

// An invocation is one command to run.
type invocation struct {
	CommandArgument
	raw      jsontext.Value // the argument as it came, nil if there was none
	doc      *Document      // the document that it names, as the client saw it; or nil
	progress protocol.ProgressToken
}

type commandHandler func(s *server, ctx context.Context, in invocation) (any, error)

var commands map[string]commandHandler

func init() { // not in the declaration: handlers make commands of these names
	commands = map[string]commandHandler{
		CommandComplete:       (*server).completeCommand,
		CommandMore:           (*server).moreCommand,
		CommandApply:          (*server).applyCommand,
		CommandAccept:         (*server).acceptCommand,
		CommandCancel:         (*server).cancelCommand,
		CommandExplain:        (*server).explainCommand,
		CommandPause:          (*server).pauseCommand,
		CommandResume:         (*server).resumeCommand,
		CommandTrust:          (*server).trustCommand,
		CommandCheck:          (*server).checkCommand,
		CommandCheckDocument:  (*server).checkDocumentCommand,
		CommandCheckWorkspace: (*server).checkWorkspaceCommand,
		CommandProof:          (*server).proofCommand,
		CommandModels:         (*server).modelsCommand,
		CommandPull:           (*server).pullCommand,
		CommandRestart:        (*server).restartCommand,
	}
}

// commandNames are all commands, in order.
func commandNames() []string {
	var names []string
	for n := range commands {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// executeCommand runs a command on the document that its first argument names.
func (s *server) executeCommand(ctx context.Context, p *protocol.ExecuteCommandParams, doc *Document) (any, error) {
	run, ok := commands[p.Command]
	if !ok {
		return nil, fmt.Errorf("command %q: %w", p.Command, jsonrpc2.ErrMethodNotFound)
	}
	in := invocation{doc: doc, progress: p.WorkDoneToken}
	if len(p.Arguments) > 0 && string(p.Arguments[0]) != "null" {
		in.raw = p.Arguments[0]
		if err := protocol.Unmarshal(in.raw, &in.CommandArgument); err != nil {
			return nil, invalid(p.Command, err)
		}
	}
	return run(s, ctx, in)
}

// failed is an error with one line for the user.
func failed(format string, args ...any) error {
	return jsonrpc2.NewError(jsonrpc2.Code(protocol.LSPErrorCodesRequestFailed), fmt.Sprintf(format, args...))
}

// spec is the document and the unwritten function that an invocation names.
func (in invocation) spec() (*Document, *completion.Function, error) {
	if in.doc == nil {
		return nil, nil, failed("the document is not open: %s", in.URI)
	}
	fn := in.doc.find(in.SpecReference)
	if fn == nil {
		return nil, nil, failed("no function with checks is here")
	}
	return in.doc, fn, nil
}

func (s *server) completeCommand(ctx context.Context, in invocation) (any, error) {
	return s.runCommandJob(ctx, in, 0, false)
}

func (s *server) moreCommand(ctx context.Context, in invocation) (any, error) {
	return s.runCommandJob(ctx, in, in.Samples, true)
}

// runCommandJob runs a job to its end for a user who asked for it. Without more, what
// is known already counts.
func (s *server) runCommandJob(ctx context.Context, in invocation, samples int, more bool) (any, error) {
	doc, fn, err := in.spec()
	if err != nil {
		return nil, err
	}
	if fn.Written {
		return nil, failed("%s is written already", fn.Spec.QualifiedName)
	}
	if len(fn.Checks) == 0 {
		return nil, failed("%s has no checks: write an assert that it must pass", fn.Spec.QualifiedName)
	}
	if samples < 0 || samples > 1024 {
		return nil, failed("samples must be from 1 to 1024")
	}
	s.mu.Lock()
	e := s.ledger.entry(doc, fn)
	wait := more || e.job != nil || !e.known(fn)
	s.mu.Unlock()
	if wait {
		if err := s.awaitJob(ctx, in, doc, fn, samples); err != nil {
			return nil, err
		}
	}
	if in.Apply {
		if _, err := s.apply(ctx, in.URI, fn.Spec.QualifiedName, fn.Base, ""); err != nil {
			return nil, err
		}
	}
	return s.resultsOf(doc, fn), nil
}

func (s *server) awaitJob(ctx context.Context, in invocation, doc *Document, fn *completion.Function, samples int) error {
	ctx, p := s.progress(ctx, in.progress, "Greenfill: "+fn.Spec.QualifiedName)
	job := s.begin(doc, fn, false, samples)
	if job == nil {
		p.end("closed")
		return failed("%s: its file has been closed", fn.Spec.QualifiedName)
	}
	release := s.hold(job)
	defer release()
	err := s.showJob(ctx, job, p)
	s.mu.Lock()
	state, message, summary := job.entry.state, job.entry.message, job.entry.summary()
	s.mu.Unlock()
	p.end(summary)
	switch {
	case err != nil:
		return err
	case state == JobFailed:
		return failed("%s: %s", fn.Spec.QualifiedName, message)
	}
	return nil
}

func (s *server) applyCommand(ctx context.Context, in invocation) (any, error) {
	doc, fn, err := in.spec()
	if err != nil {
		return nil, err
	}
	return s.apply(ctx, doc.URI, fn.Spec.QualifiedName, fn.Base, in.ID)
}

// apply has the client put a body into the function as it now stands.
func (s *server) apply(ctx context.Context, u uri.URI, name, base, id string) (any, error) {
	doc := s.document(u)
	if doc == nil {
		return nil, failed("the document was closed")
	}
	fn := doc.FunctionNamed(name)
	if fn == nil || fn.Base != base {
		return nil, failed("%s has changed; nothing was inserted", name)
	}
	s.mu.Lock()
	e, bodies := s.ledger.offers(doc, fn)
	i := slices.IndexFunc(bodies, func(b body) bool { return id == "" || b.id == id })
	if e != nil && i >= 0 {
		e.served = true
	}
	own := s.ledger.entry(doc, fn)
	explanation, together := own.explain(), own.jointFor(doc)
	s.mu.Unlock()
	if i < 0 && id == "" && together != nil {
		return s.applyJoint(ctx, doc, fn, together)
	}
	if i < 0 {
		return nil, failed("%s", explanation)
	}
	b := bodies[i]
	if err := s.applyChanges(ctx, name, s.workspaceEdit(doc, doc.changes(fn, b)...)); err != nil {
		return nil, err
	}
	s.follower.touch(u)
	return s.resultsOf(doc, fn), nil
}

// acceptCommand is told of a body that the client inserted. Imports that it still lacks,
// as ghost text cannot bring them, are added at the top of the file. The next look at the
// document takes over its outcome, or verifies what was made of it.
func (s *server) acceptCommand(ctx context.Context, in invocation) (any, error) {
	var accepted body
	s.mu.Lock()
	if e := s.ledger.entries[string(in.URI)+"#"+in.Key]; e != nil {
		e.served = true
		if i := slices.IndexFunc(e.bodies, func(b body) bool { return b.id == in.ID }); i >= 0 {
			accepted = e.bodies[i]
		}
	}
	s.mu.Unlock()
	if doc := s.document(in.URI); doc != nil {
		if c, ok := doc.imports(accepted); ok {
			if err := s.applyChanges(ctx, in.Spec, s.workspaceEdit(doc, c)); err != nil {
				return nil, err
			}
		}
	}
	s.follower.touch(in.URI)
	return nil, nil
}

func (s *server) cancelCommand(_ context.Context, in invocation) (any, error) {
	if in.raw == nil {
		s.cancelJobs(func(*entry) bool { return true })
		return nil, nil
	}
	_, fn, err := in.spec()
	if err != nil {
		return nil, err
	}
	s.cancelJobs(func(e *entry) bool { return e.uri == in.URI && e.name == fn.Spec.QualifiedName })
	return nil, nil
}

func (s *server) explainCommand(_ context.Context, in invocation) (any, error) {
	doc, fn, err := in.spec()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	text := s.ledger.entry(doc, fn).explain()
	s.mu.Unlock()
	s.notify(protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: protocol.MessageTypeInfo, Message: text})
	return text, nil
}

func (s *server) pauseCommand(context.Context, invocation) (any, error) {
	s.mu.Lock()
	s.paused, s.resumed = true, false
	s.mu.Unlock()
	s.cancelJobs(func(e *entry) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return e.job != nil && e.job.automatic
	})
	s.publisher.wake()
	return nil, nil
}

func (s *server) resumeCommand(context.Context, invocation) (any, error) {
	s.mu.Lock()
	s.paused, s.resumed = false, true
	s.mu.Unlock()
	s.publisher.wake()
	return nil, nil
}

// trustCommand is the user's own word, and is remembered.
func (s *server) trustCommand(_ context.Context, in invocation) (any, error) {
	t := Trust{Trusted: true}
	if in.raw != nil {
		if err := protocol.Unmarshal(in.raw, &t); err != nil {
			return nil, invalid(CommandTrust, err)
		}
	}
	var list []*folder
	s.mu.Lock()
	for _, f := range s.folders {
		if t.Folder == "" || f.uri == t.Folder {
			list = append(list, f)
		}
	}
	for _, f := range s.loose {
		if t.Folder == "" || f.uri == t.Folder {
			list = append(list, f)
		}
	}
	for _, f := range list {
		s.trust.folders[f.path] = t.Trusted
	}
	s.mu.Unlock()
	if len(list) == 0 {
		return nil, failed("no such folder is open: %s", t.Folder)
	}
	for _, f := range list {
		s.remember(f, t.Trusted)
	}
	s.trustChanged()
	return nil, nil
}

func (s *server) restartCommand(ctx context.Context, _ invocation) (any, error) {
	return nil, s.restart(ctx)
}
