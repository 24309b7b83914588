//go:build !cgo || !linux || (!amd64 && !arm64)

package kernel

import "sync"

// A signal is a counter that can be waited on.
type signal struct {
	mu      sync.Mutex
	changed sync.Cond
	count   uint32
}

func newSignal() *signal {
	s := new(signal)
	s.changed.L = &s.mu
	return s
}

func (s *signal) now() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// advance changes the count and wakes who waits.
func (s *signal) advance() {
	s.mu.Lock()
	s.count++
	s.mu.Unlock()
	s.changed.Broadcast()
}

// wait returns when the count is no longer old.
func (s *signal) wait(old uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.count == old {
		s.changed.Wait()
	}
}

// keepThread does nothing: goroutines that sleep in Go need no thread.
func keepThread() {}
