//go:build cgo && linux && (amd64 || arm64)

package kernel

// #include "kernel.h"
import "C"

import (
	"runtime"
	"sync/atomic"
	"unsafe"
)

// A signal is a counter that can be waited on. Waiting begins with a short spin outside
// Go's scheduler and goes on asleep.
type signal struct{ count, sleepers atomic.Uint32 }

func newSignal() *signal { return new(signal) }

func (s *signal) now() uint32 { return s.count.Load() }

// advance changes the count and wakes who waits.
func (s *signal) advance() {
	s.count.Add(1)
	if s.sleepers.Load() > 0 {
		C.greenfill_wake(word(&s.count))
	}
}

// wait returns when the count is no longer old.
func (s *signal) wait(old uint32) {
	for s.count.Load() == old {
		C.greenfill_wait(word(&s.count), word(&s.sleepers), C.uint32_t(old))
	}
}

func word(a *atomic.Uint32) *C.uint32_t { return (*C.uint32_t)(unsafe.Pointer(a)) }

// keepThread gives the calling goroutine a thread of its own, of low priority, which ends
// with it.
func keepThread() {
	runtime.LockOSThread()
	lowerPriority()
}
