package lsp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/uri"
	"go.uber.org/zap"

	"greenfill/completion"
)

// A watched function is a written one whose checks are kept run: its body was accepted
// from us, or somebody asked to check it. All of it is under the server's mutex.
type watched struct {
	uri     uri.URI
	name    string
	at      place
	checks  int
	content string // completion.Function.Content of the last outcome, "" if there is none
	verdict completion.Verdict
	err     error
	cancel  context.CancelFunc // of the run under way, or nil
}

// verified says whether the last run passed.
func (w *watched) verified() bool { return w.err == nil && completion.Passed(w.verdict) }

// stop ends the run under way.
func (w *watched) stop() {
	if w.cancel != nil {
		w.cancel()
	}
}

// current says whether the last outcome is of the function as it stands.
func (w *watched) current(fn *completion.Function) bool {
	return w != nil && w.content != "" && w.content == fn.Content
}

func (w *watched) message() string {
	if w.err != nil {
		return w.err.Error()
	}
	if w.verified() {
		return "✓ " + asserts(w.verdict.Passed, w.verdict.Total)
	}
	return fmt.Sprintf("✗ %s: %s", asserts(w.verdict.Passed, w.verdict.Total), verdictLine(w.verdict))
}

// results are the outcome for the client. It needs the server's mutex.
func (w *watched) results() Results {
	r := Results{URI: w.uri, Version: w.at.version, Spec: w.name, Key: w.content, Range: w.at.def, Hole: w.at.hole,
		State: JobUnverified, Checks: w.checks, Message: w.message()}
	if w.verified() {
		r.State = JobVerified
	}
	return r
}

// verifying is a function whose checks are running, or nil. It needs the server's mutex.
func (s *server) verifying() *watched {
	for _, list := range s.watched {
		for _, w := range list {
			if w.cancel != nil {
				return w
			}
		}
	}
	return nil
}

// watch has a function's checks kept run from now on.
func (s *server) watch(doc *Document, fn *completion.Function) *watched {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.watched[doc.URI]
	if list == nil {
		list = map[string]*watched{}
		s.watched[doc.URI] = list
	}
	w := list[fn.Spec.QualifiedName]
	if w == nil {
		w = &watched{uri: doc.URI, name: fn.Spec.QualifiedName}
		list[w.name] = w
	}
	w.at, w.checks = placeOf(doc, fn), len(fn.Checks)
	return w
}

// outcome is the last outcome of a function if it is one of the function as it stands.
func (s *server) outcome(u uri.URI, fn *completion.Function) (watched, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watched[u][fn.Spec.QualifiedName]
	if !w.current(fn) {
		return watched{}, false
	}
	return *w, true
}

// A follower knows which documents have changed and not been looked at since.
type follower struct {
	mu     sync.Mutex
	dirty  map[uri.URI]bool // not looked at for superseded jobs
	due    map[uri.URI]bool // not looked at for functions to verify
	signal chan struct{}
}

func (f *follower) init() {
	f.dirty, f.due, f.signal = map[uri.URI]bool{}, map[uri.URI]bool{}, make(chan struct{}, 1)
}

// touch says that a document is new or has changed.
func (f *follower) touch(u uri.URI) {
	f.mu.Lock()
	f.dirty[u], f.due[u] = true, true
	f.mu.Unlock()
	select {
	case f.signal <- struct{}{}:
	default:
	}
}

// followEvery bounds how often a document is parsed while its user types.
const followEvery = 40 * time.Millisecond

// follow looks at changed documents in the background: at once for jobs that an edit
// has superseded, and after the idle delay for functions to verify again.
func (s *server) follow() {
	f := &s.follower
	for {
		select {
		case <-f.signal:
		case <-s.ctx.Done():
			return
		}
		for next := time.Duration(0); next >= 0; {
			f.mu.Lock()
			dirty := f.dirty
			f.dirty = map[uri.URI]bool{}
			f.mu.Unlock()
			for u := range dirty {
				s.lookAtJobs(u)
			}
			if next = s.lookAtFunctions(); next >= 0 && !s.nap(max(next, followEvery)) {
				return
			}
		}
	}
}

// nap waits for a while or the next change; false means that the server ends.
func (s *server) nap(d time.Duration) bool {
	least := time.NewTimer(followEvery)
	defer least.Stop()
	select {
	case <-least.C:
	case <-s.ctx.Done():
		return false
	}
	t := time.NewTimer(d - followEvery)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.follower.signal:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// lookAtJobs ends what an edit has superseded. A document without jobs is not parsed.
func (s *server) lookAtJobs(u uri.URI) {
	s.mu.Lock()
	doc, busy := s.documents[u], false
	for _, e := range s.ledger.entries {
		busy = busy || e.uri == u && e.job != nil
	}
	s.mu.Unlock()
	if doc != nil && busy {
		s.supersede(doc)
	}
}

// lookAtFunctions verifies what has been still for the idle delay. It returns how long
// until the next document is due, or -1.
func (s *server) lookAtFunctions() time.Duration {
	f := &s.follower
	f.mu.Lock()
	var list []uri.URI
	for u := range f.due {
		list = append(list, u)
	}
	f.mu.Unlock()
	next := time.Duration(-1)
	for _, u := range list {
		f.mu.Lock()
		delete(f.due, u) // first: a change that comes from now on makes it due again
		f.mu.Unlock()
		doc := s.document(u)
		if doc == nil {
			continue
		}
		if wait := time.Until(doc.Changed.Add(s.settings(u).idle())); wait > 0 {
			f.mu.Lock()
			f.due[u] = true
			f.mu.Unlock()
			if next < 0 || wait < next {
				next = wait
			}
			continue
		}
		s.lookAtTested(u)
		s.lookAtImporting(u, false)
		if now := s.document(u); now != nil && now.Version == doc.Version {
			s.verifyAgain(now)
		}
	}
	return next
}

// verifyAgain runs the checks of the document's watched functions that have changed, and
// of those that were given a body of ours: also one accepted in parts, or by a client
// that does not say so.
func (s *server) verifyAgain(doc *Document) {
	s.publisher.diagnostics(doc.URI)
	for _, name := range s.watchedNames(doc.URI) {
		fn := doc.FunctionNamed(name)
		if fn == nil || !fn.Written {
			s.unwatch(doc.URI, name)
			continue
		}
		s.mu.Lock()
		e := s.ledger.of(doc.URI, fn)
		ours := s.watched[doc.URI][name] != nil || e != nil && e.served || s.ledger.wrote(doc.URI, name)
		s.mu.Unlock()
		if !ours {
			continue
		}
		s.watch(doc, fn)
		if _, current := s.outcome(doc.URI, fn); !current {
			s.work.Go(func() { s.verify(s.ctx, doc, fn) })
		}
	}
	s.publisher.refresh()
}

// watchedNames are the document's functions that are watched, or were offered a body.
func (s *server) watchedNames(u uri.URI) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range s.watched[u] {
		names = append(names, name)
	}
	for _, e := range s.ledger.entries {
		if e.uri == u && e.served {
			names = append(names, e.name)
		}
	}
	for f := range s.ledger.joined {
		if f.uri == u {
			names = append(names, f.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// unwatch forgets a function that is to be written again.
func (s *server) unwatch(u uri.URI, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.watched[u][name]; w != nil {
		w.stop()
		delete(s.watched[u], name)
	}
}

// accepted takes over the outcome of a body that now stands in the document as it was
// verified, with nothing else changed; false if any of the text is another.
func (s *server) accepted(doc *Document, fn *completion.Function) bool {
	now, rest := doc.Text[fn.Body.Start:fn.Body.End], doc.without(fn)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, w := s.ledger.of(doc.URI, fn), s.watched[doc.URI][fn.Spec.QualifiedName]
	if e == nil || w == nil {
		return false
	}
	for _, b := range e.bodies {
		if b.region == now && b.rest == rest {
			w.verdict, w.err, w.content = b.completion.Verdict(), nil, fn.Content
			s.publisher.outcome(w)
			return true
		}
	}
	return false
}

// verify runs a watched function's checks, and takes over the outcome unless the text
// has changed since.
func (s *server) verify(ctx context.Context, doc *Document, fn *completion.Function) *watched {
	w := s.watch(doc, fn)
	if s.accepted(doc, fn) {
		return w
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	w.stop()
	w.cancel = cancel
	s.mu.Unlock()
	s.publisher.refresh()
	verdict, err := s.check(ctx, doc, fn)

	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil {
		return w // a newer run has taken over, or nobody wants to know
	}
	w.cancel = nil
	w.verdict, w.err, w.content = verdict, err, fn.Content
	s.publisher.outcome(w)
	return w
}

// A checker is the sandbox without a model. Who has the token may use it.
type checker struct {
	token     chan struct{}
	completer *completion.Completer
	mu        sync.Mutex
}

func (c *checker) init() {
	c.token = make(chan struct{}, 1)
	c.token <- struct{}{}
}

// forget has the sandbox tried again by the next check.
func (c *checker) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.completer = nil
}

// check runs a written function's checks in its folder's interpreter.
func (s *server) check(ctx context.Context, doc *Document, fn *completion.Function) (completion.Verdict, error) {
	f := s.folder(doc.URI)
	var v completion.Verdict
	err := s.confined(ctx, f, func(c *completion.Completer) {
		s.mu.Lock()
		set := f.settings
		s.mu.Unlock()
		v = c.Check(ctx, fn.Spec, f.workspace(doc.URI, set))
	})
	if err == nil && completion.Unconfined(v) {
		err = ErrNoSandbox
	}
	return v, err
}

// confined has use run with the sandbox once a folder is trusted, one use at a time.
func (s *server) confined(ctx context.Context, f *folder, use func(*completion.Completer)) error {
	if !s.mayRun(ctx, f) {
		return errors.Join(ctx.Err(), errUntrusted)
	}
	select {
	case <-s.checker.token:
		defer func() { s.checker.token <- struct{}{} }()
	case <-ctx.Done():
		return ctx.Err()
	}
	completer, err := s.checker.get(ctx, s.o.Sandbox)
	if err != nil {
		s.log.Warn("sandbox", zap.Error(err))
		return err
	}
	use(completer)
	return ctx.Err()
}

func (c *checker) get(ctx context.Context, open func(context.Context) (*completion.Completer, error)) (*completion.Completer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.completer != nil {
		return c.completer, nil
	}
	if open == nil {
		return nil, ErrNoSandbox
	}
	completer, err := open(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting the sandbox: %w", err)
	}
	c.completer = completer
	return completer, nil
}
