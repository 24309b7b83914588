package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Hash seeds of the interpreters: candidates run under the first; those that pass and may
// depend on the order of a set run again under the second.
const (
	firstSeed  = 1
	secondSeed = 2
)

// A pool holds the warm interpreters of one spec, each started when first needed.
type pool struct {
	key     string
	users   int       // runs in progress; guarded by the Runner's mu, as are the next three
	used    time.Time // when the last one ended
	expires *time.Timer
	retired bool // no longer found by its key; to be closed by its last user

	mu      sync.Mutex // guards what follows; held while an interpreter starts
	zygotes map[zygoteKind]*zygote
	weaker  string // why this spec cannot be split; "" while it can

	filesMu sync.Mutex
	files   []stamp // the workspace's files that its interpreters have imported

	standingMu sync.Mutex // held while the standing judge judges
	standing   *standing
}

// A zygoteKind tells the interpreters of a pool apart.
type zygoteKind struct {
	role role
	seed int
}

// poolKey is a digest of everything in p but its candidate's text and limits, and of where
// its imports lead.
func poolKey(p *Program, i imports, python string, layers Layers) string {
	q := *p
	q.Candidate.Text = ""
	q.Limits = Limits{}
	data, err := json.Marshal([]any{q, i, python, layers})
	if err != nil {
		panic("sandbox: a program that cannot be encoded: " + err.Error()) // it is plain data
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// acquire finds or makes the pool of a program and counts this use.
func (r *Runner) acquire(key string) (*pool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, os.ErrClosed
	}
	p := r.warm[key]
	if p != nil && p.stale() {
		delete(r.warm, key)
		if p.retired = true; p.users == 0 {
			p.close()
		}
		p = nil
	}
	if p == nil {
		p = &pool{key: key, zygotes: map[zygoteKind]*zygote{}}
		r.warm[key] = p
		r.evict()
	}
	p.users++
	if p.expires != nil {
		p.expires.Stop()
	}
	return p, nil
}

// release ends a use; an unused pool expires after a while.
func (r *Runner) release(p *pool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.users--
	p.used = time.Now()
	if p.users == 0 {
		if r.closed || p.retired {
			p.close()
			return
		}
		p.expires = time.AfterFunc(r.options.Idle, func() { r.expire(p) })
	}
	r.evict()
}

// expire ends a pool that has not been used since its timer was set.
func (r *Runner) expire(p *pool) {
	r.mu.Lock()
	last := false
	if p.users == 0 && r.warm[p.key] == p && time.Since(p.used) >= r.options.Idle {
		delete(r.warm, p.key)
		p.close()
		last = len(r.warm) == 0
	}
	r.mu.Unlock()
	if last {
		r.closeFirst()
	}
}

// evict ends the least recently used pools beyond the number kept warm. r.mu is held.
func (r *Runner) evict() {
	for len(r.warm) > r.options.Warm {
		var oldest *pool
		for _, p := range r.warm {
			if p.users == 0 && !p.used.IsZero() && (oldest == nil || p.used.Before(oldest.used)) {
				oldest = p
			}
		}
		if oldest == nil {
			return
		}
		delete(r.warm, oldest.key)
		oldest.close()
	}
}

// Close ends every process of the Runner and waits for them. Runs in progress end with
// verdicts that are not passes.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	pools := r.warm
	r.warm = map[string]*pool{}
	r.mu.Unlock()
	for _, p := range pools {
		p.close()
	}
	r.closeFirst()
}

// close ends the pool's interpreters and waits until they are gone.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.expires != nil {
		p.expires.Stop()
	}
	for _, z := range p.zygotes {
		z.close()
	}
	for kind, z := range p.zygotes {
		<-z.exited
		delete(p.zygotes, kind)
	}
}

// A start is what is needed to bring up an interpreter for a program.
type start struct {
	runner  *Runner
	program *Program
	imports imports
	python  string
	layers  Layers
}

// start returns interpreters of the given kinds, starting those that are not alive.
func (p *pool) start(ctx context.Context, s *start, kinds ...zygoteKind) ([]*zygote, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]*zygote, len(kinds))
	errs := make([]error, len(kinds))
	var wg sync.WaitGroup
	for i, kind := range kinds {
		if z := p.zygotes[kind]; z != nil && z.alive() {
			out[i] = z
			continue
		}
		wg.Go(func() { out[i], errs[i] = s.zygote(ctx, kind) })
	}
	wg.Wait()
	for i, kind := range kinds {
		if out[i] != nil && out[i] != p.zygotes[kind] {
			p.zygotes[kind] = out[i]
			p.filesMu.Lock()
			p.files = append(p.files, out[i].files...)
			p.filesMu.Unlock()
		}
	}
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// preludeTime bounds the prelude's imports, scaled by load.
const preludeTime = 30 * time.Second

// zygote starts one interpreter.
func (s *start) zygote(ctx context.Context, kind zygoteKind) (*zygote, error) {
	limited, cancel := context.WithTimeout(ctx, scaled(preludeTime))
	defer cancel()
	first, err := s.runner.firstOf(limited, s, kind.seed)
	if err != nil {
		return nil, err
	}
	z, err := first.startSpec(limited, s.spec(kind.role))
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, &preludeError{failure{Message: fmt.Sprintf("its imports and constants took longer than %v", preludeTime)}}
	}
	return z, err
}

// A firstKind tells first interpreters apart.
type firstKind struct {
	python, dir string
	layers      Layers
	seed        int
}

// firstOf returns the first interpreter of a kind, starting it if there is none alive.
func (r *Runner) firstOf(ctx context.Context, s *start, seed int) (*zygote, error) {
	kind := firstKind{s.python, s.program.Dir, s.layers, seed}
	r.firstMu.Lock()
	defer r.firstMu.Unlock()
	if z := r.first[kind]; z != nil && z.alive() {
		return z, nil
	}
	m, err := newMachine(s.program.Dir)
	if err != nil {
		return nil, err
	}
	z, err := startFirst(ctx, orders{
		Layers:   s.layers,
		Argv:     []string{s.python, "-S", "-s", "-B", "-c", boot},
		Env:      environment(seed),
		Dir:      s.program.Dir,
		Readable: readablePaths(s.python, s.program.Dir),
	}, m)
	if err == nil {
		r.first[kind] = z
	}
	return z, err
}

// closeFirst ends all first interpreters and waits until they are gone.
func (r *Runner) closeFirst() {
	r.firstMu.Lock()
	defer r.firstMu.Unlock()
	for kind, z := range r.first {
		z.close()
		<-z.exited
		delete(r.first, kind)
	}
}

// newMachine is the first message to a first interpreter.
func newMachine(dir string) (*machine, error) {
	child, err := childFilter()
	if err != nil {
		return nil, err
	}
	seal, err := sealFilter()
	if err != nil {
		return nil, err
	}
	return &machine{Modules: modules(), Filter: child.hex(), Seal: seal.hex(), Mark: pidMark,
		Timers: [2]int{unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME}, File: fileName, Dir: dir}, nil
}

// spec is the first message to an interpreter of a role.
func (s *start) spec(r role) *spec {
	p := s.program
	root, _, method := strings.Cut(p.Function, ".")
	c := &spec{Role: r, Function: p.Function, Line: p.Candidate.Line, Unit: wireFragment{max(1, p.Unit.Line), p.Unit.Text, nil},
		Names: []string{}, Prelude: []wireFragment{}, Folders: s.imports.Folders, Top: s.imports.Top, Place: s.imports.Places[""]}
	if method {
		c.Names = append(c.Names, root)
	}
	for _, f := range p.Prelude {
		c.Prelude = append(c.Prelude, wireFragment{max(1, f.Line), f.Text, s.elsewhere(f.File)})
	}
	if r != roleAnswer {
		for _, ch := range p.Checks {
			c.Checks = append(c.Checks, wireCheck{ch.Form, max(1, ch.Line), ch.Code, ch.Want, ch.Test, s.elsewhere(ch.File)})
		}
	}
	return c
}

// elsewhere is the place of another file than the program's, nil for that one's own.
func (s *start) elsewhere(file string) *place {
	if file == "" || file == s.program.File {
		return nil
	}
	p := s.imports.Places[file]
	return &p
}

// fileName is what tracebacks call the user's file.
const fileName = "<your file>"

// environment is all an interpreter gets of one.
func environment(seed int) []string {
	env := []string{
		fmt.Sprintf("PYTHONHASHSEED=%d", seed), "LANG=C.UTF-8", "PATH=/usr/bin:/bin", "HOME=/nonexistent",
		// One thread: a fork of a process with more would lose them.
		"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1", "NUMEXPR_MAX_THREADS=1",
	}
	for _, key := range []string{"TZ", "LD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+v)
		}
	}
	return env
}

// scaled stretches a wall time by how busy the machine is.
func scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * busyness())
}
