package lsp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"
	"go.uber.org/zap"
)

// models holds the model in memory. Who has the turn may load, use and close it; there
// is one turn in this server, and one lock among the user's servers.
type models struct {
	token  chan struct{} // holds the turn while nobody has it
	loaded *Loaded
	with   ModelOptions
	used   time.Time
}

func (m *models) init() {
	m.token = make(chan struct{}, 1)
	m.token <- struct{}{}
}

// turn waits for this server's turn and then for the lock among servers.
func (s *server) turn(j *job) (unlock func(), err error) {
	select {
	case <-s.models.token:
	case <-j.ctx.Done():
		return nil, j.ctx.Err()
	}
	release, err := s.lock(j)
	if err != nil {
		s.models.token <- struct{}{}
		return nil, err
	}
	return func() {
		release()
		s.models.token <- struct{}{}
	}, nil
}

// lock keeps the user's other servers from sampling. Where no lock file can be made the
// server goes on without: sharing the machine is a courtesy, not a condition.
func (s *server) lock(j *job) (release func(), err error) {
	path, err := s.lockFile()
	if err != nil {
		s.log.Warn("lock among servers", zap.Error(err))
		return func() {}, nil
	}
	lock := flock.New(path)
	held, err := lock.TryLock()
	if err == nil && !held {
		s.setStage(j, StateDeferred, reasonOtherServer)
		held, err = lock.TryLockContext(j.ctx, 200*time.Millisecond)
	}
	if j.ctx.Err() != nil {
		_ = lock.Close()
		return nil, j.ctx.Err()
	}
	if err != nil || !held {
		s.log.Warn("lock among servers", zap.Error(err))
	}
	return func() { _ = lock.Close() }, nil
}

func (s *server) lockFile() (string, error) {
	dir := s.o.RuntimeDir
	if dir == "" {
		dir = xdg.RuntimeDir
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			dir = filepath.Join(os.TempDir(), fmt.Sprintf("greenfill-%d", os.Getuid()))
		}
	}
	return filepath.Join(dir, "greenfill.lock"), os.MkdirAll(dir, 0o700)
}

// load makes the model ready that the job's settings name. The turn is held.
func (s *server) load(j *job) (*Loaded, error) {
	m, want := &s.models, ModelOptions{Name: j.set.Model, Threads: j.set.Threads}
	m.used = time.Now()
	if m.loaded != nil && m.with == want {
		return m.loaded, nil
	}
	m.close()
	if s.o.Model == nil {
		return nil, ErrNoModel
	}
	s.setStage(j, StateLoading, "")
	loaded, err := s.o.Model(j.ctx, want, func(share float64) {
		s.mu.Lock()
		defer s.mu.Unlock()
		j.share = share
		s.changedLocked(j.entry)
	})
	if err != nil {
		return nil, fmt.Errorf("loading the model: %w", err)
	}
	if loaded == nil || loaded.Completer == nil {
		return nil, errors.New("loading the model: there is none")
	}
	m.loaded, m.with, m.used = loaded, want, time.Now()
	s.publisher.model(loaded.Name)
	return loaded, nil
}

// close lets go of the model. The turn is held, or the server has ended.
func (m *models) close() {
	if m.loaded != nil && m.loaded.Close != nil {
		m.loaded.Close()
	}
	m.loaded = nil
}

// unloadWhenIdle lets go of a model that nobody has used for a while.
func (s *server) unloadWhenIdle() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		after := s.base.unload()
		s.mu.Unlock()
		select {
		case <-s.models.token:
			if m := &s.models; m.loaded != nil && after > 0 && time.Since(m.used) > after {
				s.log.Info("unloading the idle model", zap.String("model", m.loaded.Name))
				m.close()
			}
			s.models.token <- struct{}{}
		default: // somebody is using it
		}
	}
}

// restart lets go of the model, so that the next job looks for one again.
func (s *server) restart(ctx context.Context) error {
	s.cancelJobs(func(*entry) bool { return true })
	select {
	case <-s.models.token:
		s.models.close()
		s.models.token <- struct{}{}
	case <-ctx.Done():
		return ctx.Err()
	}
	s.checker.forget()
	s.settingsChanged()
	return nil
}
