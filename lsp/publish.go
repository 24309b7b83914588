package lsp

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"
)

// A publisher collects what the client is to be told without having asked. Whoever learns
// something says so here and goes on; the goroutine publish sends the newest of each
// kind, at most once per publishEvery, so that a slow client slows nobody down.
type publisher struct {
	mu         sync.Mutex
	signal     chan struct{} // has room for one: there is something to send
	later      chan struct{} // the same, for what may take long
	woke       chan struct{} // closed and replaced by wake
	specs      []string      // ledger keys with news, oldest first
	checked    []*watched    // functions with a new outcome
	diagnose   map[uri.URI]bool
	refreshes  bool
	complaints []string
	said       map[string]bool
	name       string           // the model's
	last       []byte           // the status sent last; publish's own
	pushed     map[uri.URI]bool // documents whose diagnostics the client shows; refreshLoop's own
}

const publishEvery = 100 * time.Millisecond

func (p *publisher) init() {
	p.signal, p.later = make(chan struct{}, 1), make(chan struct{}, 1)
	p.woke = make(chan struct{})
	p.diagnose = map[uri.URI]bool{}
	p.said = map[string]bool{}
	p.pushed = map[uri.URI]bool{}
}

// do changes what is to be sent, and has it sent.
func (p *publisher) do(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	select {
	case p.signal <- struct{}{}:
	default:
	}
}

// news says that there is something new about a spec.
func (p *publisher) news(u uri.URI, key string) {
	p.do(func() {
		k := string(u) + "#" + key
		for _, have := range p.specs {
			if have == k {
				return
			}
		}
		p.specs = append(p.specs, k)
		p.refreshes = true
	})
}

// outcome says that a watched function has been run.
func (p *publisher) outcome(w *watched) {
	p.do(func() {
		p.checked = append(p.checked, w)
		p.diagnose[w.uri] = true
		p.refreshes = true
	})
}

// diagnostics says that a document's may have changed.
func (p *publisher) diagnostics(u uri.URI) { p.do(func() { p.diagnose[u] = true }) }

// state says that the status may be another.
func (p *publisher) state() { p.do(func() {}) }

// refresh has the client ask again for lenses and hints.
func (p *publisher) refresh() { p.do(func() { p.refreshes = true }) }

// model says which model is in memory.
func (p *publisher) model(name string) { p.do(func() { p.name = name }) }

func (p *publisher) modelName() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.name
}

// complain tells the user about faulty settings, each once.
func (p *publisher) complain(list []string) {
	p.do(func() {
		for _, c := range list {
			if !p.said[c] {
				p.said[c] = true
				p.complaints = append(p.complaints, c)
			}
		}
	})
}

// wake lets jobs that wait for better times look again.
func (p *publisher) wake() {
	p.do(func() {
		close(p.woke)
		p.woke = make(chan struct{})
	})
}

// woken is closed by the next wake.
func (p *publisher) woken() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.woke
}

// publish is the goroutine that sends. It begins when the client has been configured,
// for before that nothing may be sent.
func (s *server) publish() {
	s.work.Go(s.refreshLoop)
	select {
	case <-s.configured:
	case <-s.ctx.Done():
		return
	}
	p := &s.publisher
	for {
		select {
		case <-p.signal:
		case <-s.ctx.Done():
			return
		}
		p.mu.Lock()
		specs, checked, complaints := p.specs, p.checked, p.complaints
		p.specs, p.checked, p.complaints = nil, nil, nil
		p.mu.Unlock()

		for _, c := range complaints {
			s.notify(protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: protocol.MessageTypeWarning, Message: c})
		}
		if s.wantsNotifications() {
			s.sendResults(specs, checked)
			s.sendStatus()
		}
		select {
		case p.later <- struct{}{}:
		default:
		}
		pause(s.ctx, publishEvery, nil, nil)
	}
}

func (s *server) wantsNotifications() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.options.Notifications
}

// notify sends a notification; a client that does not take it is gone, and that is seen
// elsewhere.
func (s *server) notify(method string, params any) {
	if err := s.conn.Notify(s.ctx, method, params); err != nil && s.ctx.Err() == nil {
		s.log.Warn("notifying", zap.String("method", method), zap.Error(err))
	}
}

func (s *server) sendResults(specs []string, checked []*watched) {
	var list []Results
	s.mu.Lock()
	for _, k := range specs {
		if e := s.ledger.entries[k]; e != nil {
			list = append(list, e.results())
		}
	}
	for _, w := range checked {
		list = append(list, w.results())
	}
	s.mu.Unlock()
	for _, r := range list {
		s.notify(MethodResults, r)
	}
}

func (s *server) sendStatus() {
	raw, err := protocol.Marshal(s.status())
	if err != nil {
		s.log.Error("writing the status", zap.Error(err))
		return
	}
	if bytes.Equal(raw, s.publisher.last) {
		return
	}
	s.publisher.last = raw
	s.notify(MethodStatus, protocol.LSPAny(raw))
}

// refreshLoop is the goroutine for what may take long: to look through a document for
// diagnostics, and to ask the client to ask again, which waits for its answer.
func (s *server) refreshLoop() {
	p := &s.publisher
	for {
		select {
		case <-p.later:
		case <-s.ctx.Done():
			return
		}
		p.mu.Lock()
		diagnose, refreshes := p.diagnose, p.refreshes
		p.diagnose, p.refreshes = map[uri.URI]bool{}, false
		p.mu.Unlock()
		for _, u := range slices.Collect(maps.Keys(diagnose)) {
			if doc := s.document(u); doc != nil {
				for _, other := range s.shownIn(doc) {
					diagnose[other] = true
				}
			}
		}
		for u := range diagnose {
			s.pushDiagnostics(u)
		}
		if refreshes {
			s.askForRefreshes()
		}
		pause(s.ctx, 2*publishEvery, nil, nil)
	}
}

func (s *server) askForRefreshes() {
	s.mu.Lock()
	f := s.features
	s.mu.Unlock()
	for _, r := range []struct {
		can bool
		do  func(context.Context) error
	}{
		{f.lensRefresh, s.client.CodeLensRefresh},
		{f.hintRefresh, s.client.InlayHintRefresh},
		{f.pull && f.pullRefresh, s.client.DiagnosticRefresh},
	} {
		if !r.can {
			continue
		}
		ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
		if err := r.do(ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("refreshing", zap.Error(err))
		}
		cancel()
	}
}
