package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A Pool is a set of threads that share the work of one call. Its methods may be called
// from many goroutines; calls run one after the other. While no call runs, its threads
// sleep.
//
// The fast paths run on a team of threads in C (team.c); the portable path on goroutines.
type Pool struct {
	threads int
	calls   sync.Mutex     // held by the call that runs
	buffer  []byte         // the running call's, kept for the next
	pins    runtime.Pinner // what the running call shows to C by way of tables
	held    runtime.Pinner // segments, see Hold
	holding bool
	seen    seenTable // the running call's, kept for the next
	team    *team
}

// NewPool returns a pool of the given number of threads, the caller's included; 0 or
// less means one per processor. Close it after use.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Pool{threads: threads, team: newTeam(threads)}
}

// Threads returns the number of threads, the caller's included.
func (p *Pool) Threads() int { return p.threads }

// Close ends the threads and waits for them. Calls must not follow.
func (p *Pool) Close() {
	p.calls.Lock()
	defer p.calls.Unlock()
	p.team.end()
}

// Hold tells that a segment, and those made with it, will be named in calls up to
// Release. Every segment named in these calls must be held. Without it each call makes
// sure of the memory again, which takes a microsecond a segment.
func (p *Pool) Hold(s *Segment) {
	p.held.Pin(&s.K[0])
	p.holding = true
}

// Release ends what Hold began.
func (p *Pool) Release() {
	p.held.Unpin()
	p.holding = false
}

// scratch returns size bytes of memory, aligned to a cache line, for the running call.
func (p *Pool) scratch(size int) unsafe.Pointer {
	const line = 64
	if len(p.buffer) < size+line {
		p.buffer = make([]byte, size+line)
	}
	start := unsafe.Pointer(&p.buffer[0])
	return unsafe.Add(start, -uintptr(start)%line)
}

// run calls task for every chunk from 0 to chunks-1 on goroutines, in any order. The
// caller holds p.calls.
func (p *Pool) run(chunks int, task func(chunk int)) {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1) - 1); i < chunks; i = int(next.Add(1) - 1) {
			task(i)
		}
	}
	var others sync.WaitGroup
	for range min(p.threads, chunks) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
}
