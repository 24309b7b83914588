package engine

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A Lazy model is opened when it is first needed and closed when nobody has used it for
// a while. It is safe for many goroutines. Close it after use.
type Lazy struct {
	path    string
	options Options
	idle    time.Duration

	lock   chan struct{} // holds a value while somebody changes what follows
	model  *Model        // nil while it is not loaded
	users  int
	timer  *time.Timer // runs while model is loaded and users is 0
	closed bool
}

// NewLazy returns a model that will be opened from path when it is first used, and
// closed once it has been idle for that long; 0 means never.
func NewLazy(path string, options Options, idle time.Duration) *Lazy {
	return &Lazy{path: path, options: options, idle: idle, lock: make(chan struct{}, 1)}
}

// Sample is Model.Sample, after opening the model if need be.
func (l *Lazy) Sample(ctx context.Context, req Request, yield func(Sample) bool) (Stats, error) {
	m, done, err := l.Use(ctx)
	if err != nil {
		return Stats{}, err
	}
	defer done()
	return m.Sample(ctx, req, yield)
}

// Use returns the model, opening it if need be. It stays loaded until done is called.
func (l *Lazy) Use(ctx context.Context) (m *Model, done func(), err error) {
	select {
	case l.lock <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	defer l.unlock()
	if l.closed {
		return nil, nil, ErrClosed
	}
	if l.model == nil {
		if l.model, err = Open(ctx, l.path, l.options); err != nil {
			return nil, nil, err
		}
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	l.users++
	return l.model, sync.OnceFunc(l.leave), nil
}

// leave ends one use; the last one starts the idle time.
func (l *Lazy) leave() {
	l.lock <- struct{}{}
	defer l.unlock()
	l.users--
	if l.users == 0 && l.idle > 0 && !l.closed {
		l.timer = time.AfterFunc(l.idle, l.unload)
	}
}

// unload closes the model if it is still idle. A timer that fired while a use began
// finds users or a younger timer.
func (l *Lazy) unload() {
	l.lock <- struct{}{}
	defer l.unlock()
	if l.users == 0 && l.model != nil {
		_ = l.model.Close() // nobody is left to hear of it
		l.model = nil
	}
}

func (l *Lazy) unlock() { <-l.lock }

// Loaded reports whether the model is in memory now.
func (l *Lazy) Loaded() bool {
	l.lock <- struct{}{}
	defer l.unlock()
	return l.model != nil
}

// Close closes the model. It fails while the model is in use.
func (l *Lazy) Close() error {
	l.lock <- struct{}{}
	defer l.unlock()
	if l.users > 0 {
		return errors.New("closing a model that is in use")
	}
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	if l.model == nil {
		return nil
	}
	m := l.model
	l.model = nil
	return m.Close()
}
