package lsp

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"time"

	"go.uber.org/zap"

	"greenfill/completion"
)

// A job looks for bodies of one spec. A spec has at most one; later requests join it. It
// goes on while somebody is interested: a request that waits, or the user's own command.
type job struct {
	entry     *entry
	name      string // of the function, qualified
	before    entry  // what was known when it began
	doc       *Document
	fn        *completion.Function
	folder    *folder
	set       Settings
	from      string // the function's text without a body of ours
	rest      string // a digest of the rest of the file
	samples   int
	automatic bool // nobody asked for it by a command
	at        time.Time

	ctx    context.Context
	cancel context.CancelFunc
	forced chan struct{} // closed when a command joins: no more waiting
	done   chan struct{} // closed when the job has ended and the entry says how

	// The rest is under the server's mutex.
	interest int
	pinned   bool // goes on without interest
	stage    State
	reason   string // why it waits, at StateDeferred
	share    float64
	sampled  int
	drawn    *drawing // once it samples
	outdated bool     // what it verifies with has changed on disk
}

// grace is how long a job outlives the last request that waited for it: editors cancel
// and ask again at each key.
const grace = 500 * time.Millisecond

// region is the function's text with a body in its hole. White space behind the hole,
// which no run sees, is left out.
func (j *job) region(body string) string {
	text, fn := j.doc.Text, j.fn
	tail := text[fn.Spec.Hole.End:fn.Body.End]
	if blank(tail) {
		tail = ""
	}
	return text[fn.Body.Start:fn.Spec.Hole.Start] + body + tail
}

// begin joins the spec's job or starts one; samples is 0 for what the settings say. It
// is nil for a function that nothing can be done for, written or without checks, and
// where the document has been closed since the request took it: nobody would end the job.
func (s *server) begin(doc *Document, fn *completion.Function, automatic bool, samples int) *job {
	if fn == nil || fn.Written || len(fn.Checks) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.documents[doc.URI] == nil {
		return nil
	}
	e := s.ledger.entry(doc, fn)
	if j := e.job; j != nil {
		if !automatic {
			j.force()
		}
		return j
	}
	if e.stale(fn) {
		e.forget()
	}
	f := s.folderLocked(doc.URI)
	j := &job{
		entry: e, name: e.name, before: *e, doc: doc, fn: fn, folder: f, set: f.settings, samples: samples,
		from: doc.Text[fn.Body.Start:fn.Body.End], rest: doc.without(fn),
		automatic: automatic, at: time.Now(),
		forced: make(chan struct{}), done: make(chan struct{}),
		stage: StateReady,
	}
	if !automatic {
		close(j.forced)
	}
	j.ctx, j.cancel = context.WithCancel(s.ctx)
	e.job, e.state, e.message = j, JobRunning, ""
	e.content, e.blocked = fn.Content, false
	e.planned = e.samples + cmp.Or(j.samples, j.set.Samples)
	s.changedLocked(e)
	s.work.Go(func() { s.runJob(j) })
	return j
}

// force makes an automatic job one that the user asked for. It needs the server's mutex.
func (j *job) force() {
	j.automatic = false
	if !closed(j.forced) {
		close(j.forced)
	}
}

// hold says that somebody is interested in the job until the returned function is called.
func (s *server) hold(j *job) (release func()) {
	s.mu.Lock()
	j.interest++
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		j.interest--
		idle := j.interest == 0 && !j.pinned
		s.mu.Unlock()
		if idle {
			time.AfterFunc(grace, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				if j.interest == 0 && !j.pinned {
					j.cancel()
				}
			})
		}
	}
}

// pin lets the job go on without interest.
func (s *server) pin(j *job) {
	s.mu.Lock()
	j.pinned = true
	s.mu.Unlock()
}

// cancelJobs ends the jobs of all entries that which says. It is called without the
// mutex, and may look at what of an entry does not change.
func (s *server) cancelJobs(which func(*entry) bool) {
	s.mu.Lock()
	var list []*entry
	for _, e := range s.ledger.entries {
		if e.job != nil {
			list = append(list, e)
		}
	}
	s.mu.Unlock()
	for _, e := range list {
		if which(e) {
			s.mu.Lock()
			if e.job != nil {
				e.job.cancel()
			}
			s.mu.Unlock()
		}
	}
}

// runJob is a job's goroutine.
func (s *server) runJob(j *job) {
	err := s.doJob(j)
	s.mu.Lock()
	e := j.entry
	e.job = nil
	e.state, e.message = JobDone, ""
	switch {
	case err == nil:
		s.trouble = nil
	case errors.Is(err, context.Canceled):
		e.state = JobCancelled
	default:
		e.state, e.message = JobFailed, err.Error()
		s.trouble = s.troubleOf(err, j)
		s.troubled = time.Now()
		e.blocked = s.trouble == nil
	}
	if j.outdated {
		e.outdate()
	}
	s.changedLocked(e)
	j.cancel()
	close(j.done)
	state, samples, bodies := e.state, e.samples, len(e.bodies)
	s.mu.Unlock()
	s.log.Info("job", zap.String("spec", j.name), zap.String("state", string(state)), zap.Error(err),
		zap.Int("samples", samples), zap.Int("bodies", bodies), zap.Duration("took", time.Since(j.at)))
}

var errUntrusted = errors.New("the folder is not trusted to run code")

// doJob waits until the job may sample, and samples.
func (s *server) doJob(j *job) error {
	if !s.mayRun(j.ctx, j.folder) {
		return errors.Join(j.ctx.Err(), errUntrusted)
	}
	s.mu.Lock()
	j.set = j.folder.settings // the first configuration may have come meanwhile
	j.samples = cmp.Or(j.samples, j.set.Samples)
	j.entry.planned = j.before.samples + j.samples
	s.mu.Unlock()
	s.rest(j)
	s.undefer(j)
	unlock, err := s.turn(j)
	if err != nil {
		return err
	}
	defer unlock()
	s.showUnasked(j)
	loaded, err := s.load(j)
	if err != nil {
		return err
	}
	return s.sample(j, loaded)
}

// rest waits until the user has not typed for the idle delay.
func (s *server) rest(j *job) {
	for {
		changed := j.doc.Changed
		if doc := s.document(j.doc.URI); doc != nil {
			changed = doc.Changed
		}
		wait := time.Until(changed.Add(j.set.idle()))
		if wait <= 0 || !pause(j.ctx, wait, j.forced, nil) {
			return
		}
	}
}

// undefer waits while battery, load or the user's own pause speak against sampling.
func (s *server) undefer(j *job) {
	for j.ctx.Err() == nil {
		wake := s.publisher.woken()
		stage, reason := s.against(j)
		s.setStage(j, stage, reason)
		if reason == "" || !pause(j.ctx, 2*time.Second, j.forced, wake) {
			return
		}
	}
}

// pause waits for a while, or until wake; false means that no more is to be waited for.
func pause(ctx context.Context, d time.Duration, forced, wake <-chan struct{}) bool {
	if closed(forced) {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-wake:
		return true
	case <-forced:
		return false
	case <-ctx.Done():
		return false
	}
}

// setStage says where the job stands.
func (s *server) setStage(j *job, stage State, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j.stage != stage || j.reason != reason {
		j.stage, j.reason = stage, reason
		s.changedLocked(j.entry)
	}
}

// sample draws and verifies.
func (s *server) sample(j *job, loaded *Loaded) error {
	s.setStage(j, StateSampling, "")
	sampling := completion.DefaultSampling()
	sampling.Seed += uint64(j.before.rounds)
	request := completion.Job{
		Spec:      j.fn.Spec,
		Budget:    completion.Budget{Samples: j.samples, Time: j.set.limit(), Distinct: j.set.Distinct},
		Sampling:  sampling,
		Workspace: j.folder.workspace(j.doc.URI, j.set),
	}
	asked := map[string]bool{}
	request.Modules = s.modules(j.doc.URI, j.folder, asked)
	shown := request.Modules.Digest(j.fn.Spec, j.folder.path)
	drawn := j.drawing(loaded, request)
	s.mu.Lock()
	j.drawn = drawn
	j.entry.asked, j.entry.shown = maps.Clone(asked), shown
	s.mu.Unlock()
	result, err := loaded.Completer.Complete(j.ctx, request, func(e completion.Event) { s.progressed(j, e) })
	s.mu.Lock()
	if result != nil && result.Samples > 0 {
		j.entry.take(j, result)
		j.entry.rounds = j.before.rounds + 1
	}
	passed := len(j.entry.bodies) > 0
	s.mu.Unlock()
	if err != nil || passed {
		return err
	}
	return s.searchTogether(j, loaded, request, result)
}

// progressed takes in one event of a job.
func (s *server) progressed(j *job, e completion.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Stage {
	case completion.StageLoading:
		j.stage = StateLoading
	case completion.StagePrefill, completion.StageSampling:
		j.stage = StateSampling
	}
	j.sampled = e.Samples
	if j.stage == StateSampling && e.Budget > 0 && e.Samples >= e.Budget {
		j.stage = StateVerifying
	}
	if e.Result != nil {
		j.entry.take(j, e.Result)
	}
	j.entry.samples = max(j.entry.samples, j.before.samples+e.Samples)
	s.changedLocked(j.entry)
}

// changedLocked wakes those who wait for news of an entry. It needs the server's mutex.
func (s *server) changedLocked(e *entry) {
	close(e.changed)
	e.changed = make(chan struct{})
	s.publisher.news(e.uri, e.key)
}

// supersede ends the jobs of a document whose spec the user has changed. A job goes on
// while what was typed into the hole still fits a body it found, or is only white space.
func (s *server) supersede(doc *Document) {
	s.cancelJobs(func(e *entry) bool {
		if e.uri != doc.URI {
			return false
		}
		fn := doc.FunctionNamed(e.name)
		if fn == nil || fn.Key != e.key {
			return true
		}
		s.mu.Lock()
		j, bodies := e.job, e.bodies
		s.mu.Unlock()
		if j == nil || fn.Content == j.fn.Content {
			return false
		}
		now := doc.Text[fn.Body.Start:fn.Body.End]
		then := j.from
		if start, oldEnd, newEnd := difference(then, now); blank(then[start:oldEnd]) && blank(now[start:newEnd]) {
			return false
		}
		for _, b := range bodies {
			if b.fits(now) {
				return false
			}
		}
		return true
	})
}

// retryAfter is how long automatic jobs stay away after the machine has failed one.
const retryAfter = 10 * time.Second

// hopeless says whether an automatic job would only fail again for a reason that lies in
// the machine. It needs the server's mutex.
func (s *server) hopeless() bool {
	return s.trouble != nil && s.trouble.State != StateUntrusted && time.Since(s.troubled) < retryAfter
}

// troubleOf is the status that an error of a job leaves behind.
func (s *server) troubleOf(err error, j *job) *Status {
	st := &Status{State: StateError, Message: err.Error(), URI: j.entry.uri, Spec: j.entry.name}
	var obstacle *completion.Obstacle
	switch {
	case errors.Is(err, errUntrusted):
		return ptr(untrusted(j.folder))
	case errors.Is(err, ErrNoModel):
		st.State = StateNoModel
		st.Actions = append(st.Actions, command("Fetch a model", CommandPull), command("Try again", CommandRestart))
	case errors.Is(err, ErrNoSandbox), errors.As(err, &obstacle) && completion.Unconfined(obstacle.Verdict):
		st.State = StateNoSandbox
		if s.clientCommandLocked(ClientShowDoctor) {
			st.Actions = append(st.Actions, command("What is missing", ClientShowDoctor))
		}
	case errors.As(err, &obstacle):
		return nil // it is the spec's, not the machine's; the lens says it
	default:
		st.Actions = append(st.Actions, command("Try again", CommandRestart))
	}
	return st
}
