package lsp

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.uber.org/zap"
)

// progresses are the work-done progresses under way, so that the client can cancel them.
type progresses struct {
	mu     sync.Mutex
	cancel map[string]context.CancelFunc // by token, written as JSON
	made   int                           // tokens that the server made itself
}

func (p *progresses) init() { p.cancel = map[string]context.CancelFunc{} }

// A progress tells the client how far something has got. One without token tells nobody.
type progress struct {
	s      *server
	cancel context.CancelFunc
	token  protocol.ProgressToken
	name   string // the token, written as JSON
	last   string // said last
}

// progress begins a progress under the client's token, or under one of the server's own
// where the client takes those. The context that it returns ends when the client cancels
// it; end must be called.
func (s *server) progress(ctx context.Context, token protocol.ProgressToken, title string) (context.Context, *progress) {
	ctx, cancel := context.WithCancel(ctx)
	p := &progress{s: s, cancel: cancel}
	if token == nil {
		token = s.makeToken(ctx)
	}
	if token == nil {
		return ctx, p
	}
	p.token, p.name = token, tokenName(token)
	s.progresses.mu.Lock()
	s.progresses.cancel[p.name] = cancel
	s.progresses.mu.Unlock()
	p.send(&protocol.WorkDoneProgressBegin{Kind: "begin", Title: title, Cancellable: ptr(true), Percentage: ptr(uint32(0))})
	return ctx, p
}

// makeToken is a token that the client has agreed to, or nil.
func (s *server) makeToken(ctx context.Context) protocol.ProgressToken {
	s.mu.Lock()
	can := s.features.progress
	s.mu.Unlock()
	if !can {
		return nil
	}
	s.progresses.mu.Lock()
	s.progresses.made++
	token := protocol.String("greenfill-" + strconv.Itoa(s.progresses.made))
	s.progresses.mu.Unlock()
	if err := s.client.WorkDoneProgressCreate(ctx, &protocol.WorkDoneProgressCreateParams{Token: token}); err != nil {
		s.log.Warn("creating a progress", zap.Error(err))
		return nil
	}
	return token
}

func tokenName(t protocol.ProgressToken) string {
	raw, err := protocol.Marshal(t)
	if err != nil {
		return fmt.Sprint(t)
	}
	return strings.Clone(string(raw))
}

func (p *progress) send(value any) {
	raw, err := protocol.Marshal(value)
	if err != nil {
		p.s.log.Error("writing a progress", zap.Error(err))
		return
	}
	p.s.notify(protocol.MethodProgress, &protocol.ProgressParams{Token: p.token, Value: protocol.LSPAny(raw)})
}

// report says how far it has got, unless that was just said.
func (p *progress) report(message string, percent int) {
	line := fmt.Sprint(percent, message)
	if p.token == nil || line == p.last {
		return
	}
	p.last = line
	p.send(&protocol.WorkDoneProgressReport{Kind: "report", Message: &message, Percentage: ptr(uint32(max(0, min(percent, 100))))})
}

func (p *progress) end(message string) {
	p.cancel()
	if p.token == nil {
		return
	}
	p.s.progresses.mu.Lock()
	delete(p.s.progresses.cancel, p.name)
	p.s.progresses.mu.Unlock()
	p.send(&protocol.WorkDoneProgressEnd{Kind: "end", Message: &message})
}

// progressCancelNotice is window/workDoneProgress/cancel.
func (s *server) progressCancelNotice(p *protocol.WorkDoneProgressCancelParams) {
	s.progresses.mu.Lock()
	cancel := s.progresses.cancel[tokenName(p.Token)]
	s.progresses.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

// showJob reports a job until it has ended or ctx has.
func (s *server) showJob(ctx context.Context, j *job, p *progress) error {
	for {
		s.mu.Lock()
		st, changed := j.status(), j.entry.changed
		s.mu.Unlock()
		percent := 0
		if st.Total > 0 {
			percent = 100 * st.Done / st.Total
		}
		p.report(st.Message, percent)
		select {
		case <-changed:
		case <-j.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// showUnasked shows a job that nobody asked for to a client that does not take
// greenfill/status, until it ends.
func (s *server) showUnasked(j *job) {
	s.mu.Lock()
	show := j.automatic && !s.options.Notifications && s.features.progress
	s.mu.Unlock()
	if !show {
		return
	}
	s.work.Go(func() {
		ctx, p := s.progress(s.ctx, nil, "Greenfill: "+j.name)
		stop := context.AfterFunc(ctx, j.cancel) // the user pressed the progress's own button
		_ = s.showJob(ctx, j, p)
		stop()
		s.mu.Lock()
		summary := j.entry.summary()
		s.mu.Unlock()
		p.end(summary)
	})
}
