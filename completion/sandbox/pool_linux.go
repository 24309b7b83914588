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
	users   int       // runs in progress; guarded by the Runner's mu
	used    time.Time // when the last one ended
	expires *time.Timer

	mu      sync.Mutex // guards what follows; held while an interpreter starts
	zygotes map[zygoteKind]*zygote
	weaker  string // why this spec cannot be split; "" while it can
}

// A zygoteKind tells the interpreters of a pool apart.
type zygoteKind struct {
	role role
	seed int
}

// poolKey is a digest of everything in p but its candidate's text and limits.
func poolKey(p *Program, python string, layers Layers) string {
	q := *p
	q.Candidate.Text = ""
	q.Limits = Limits{}
	data, err := json.Marshal([]any{q, python, layers})
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
		if r.closed {
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
	defer r.mu.Unlock()
	if p.users == 0 && r.warm[p.key] == p && time.Since(p.used) >= r.options.Idle {
		delete(r.warm, p.key)
		p.close()
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
	program *Program
	python  string
	layers  Layers
}

// zygote returns the interpreter of a kind, starting it (and the other of its pair beside
// it) where it is not alive.
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
		if out[i] != nil {
			p.zygotes[kind] = out[i]
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
	config, err := s.config(kind.role)
	if err != nil {
		return nil, err
	}
	z, err := startZygote(limited, orders{
		Layers:   s.layers,
		Argv:     []string{s.python, "-s", "-B", "-c", boot},
		Env:      environment(kind.seed),
		Dir:      s.program.Dir,
		Readable: readablePaths(s.python, s.program.Dir),
	}, config)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, &preludeError{failure{Message: fmt.Sprintf("its imports and constants took longer than %v", preludeTime)}}
	}
	return z, err
}

// config is the first message to an interpreter of a role.
func (s *start) config(r role) (*zygoteConfig, error) {
	child, err := childFilter()
	if err != nil {
		return nil, err
	}
	seal, err := sealFilter()
	if err != nil {
		return nil, err
	}
	p := s.program
	root, _, method := strings.Cut(p.Function, ".")
	c := &zygoteConfig{
		Role: r, Modules: r.modules(), Filter: child.hex(), Seal: seal.hex(), Mark: pidMark,
		Timers: [2]int{unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME},
		File:   fileName, Dir: p.Dir, Function: p.Function, Line: p.Candidate.Line,
		Unit: wireFragment{max(1, p.Unit.Line), p.Unit.Text}, Names: []string{}, Prelude: []wireFragment{},
	}
	if method {
		c.Names = append(c.Names, root)
	}
	for _, f := range p.Prelude {
		c.Prelude = append(c.Prelude, wireFragment{max(1, f.Line), f.Text})
	}
	if r != roleAnswer {
		for _, ch := range p.Checks {
			c.Checks = append(c.Checks, wireCheck{ch.Form, max(1, ch.Line), ch.Code, ch.Want, ch.Test})
		}
	}
	return c, nil
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
