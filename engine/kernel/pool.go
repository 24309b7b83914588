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
// A call is cut into chunks that the threads, the caller among them, take from a
// counter. The call ends when every chunk is done, not when every thread has come: a
// thread that the operating system keeps waiting costs nothing, which is what keeps a
// busy machine from stalling each of the hundred calls that make a token.
type Pool struct {
	threads int
	calls   sync.Mutex // held by the call that runs
	buffer  []byte     // the running call's, kept for the next

	current atomic.Pointer[region] // nil between calls
	started *signal                // a region was published, or the pool closed
	ended   *signal                // a region's last chunk was done
	closed  atomic.Bool
	workers sync.WaitGroup
}

// A region is one parallel call.
type region struct {
	task   func(chunk int)
	chunks int64
	next   atomic.Int64 // first chunk that nobody has taken
	done   atomic.Int64
}

// NewPool returns a pool of the given number of threads, the caller's included; 0 or
// less means one per processor. Close it after use.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{threads: threads, started: newSignal(), ended: newSignal()}
	before := p.started.now()
	for range threads - 1 {
		p.workers.Go(func() { p.serve(before) })
	}
	return p
}

// Threads returns the number of threads, the caller's included.
func (p *Pool) Threads() int { return p.threads }

// Close ends the threads and waits for them. Calls must not follow.
func (p *Pool) Close() {
	p.calls.Lock()
	defer p.calls.Unlock()
	p.closed.Store(true)
	p.started.advance()
	p.workers.Wait()
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

// run calls task for every chunk from 0 to chunks-1, in any order and on any thread.
// The caller holds p.calls.
func (p *Pool) run(chunks int, task func(chunk int)) {
	if p.threads == 1 || chunks <= 1 {
		for i := range chunks {
			task(i)
		}
		return
	}
	r := &region{task: task, chunks: int64(chunks)}
	before := p.ended.now()
	p.current.Store(r)
	p.started.advance()
	if !r.help() {
		p.ended.wait(before)
	}
	p.current.Store(nil)
}

// help does chunks until none is left to take. It reports whether it did the last one
// of all to be done.
func (r *region) help() (last bool) {
	for {
		i := r.next.Add(1) - 1
		if i >= r.chunks {
			return false
		}
		r.task(int(i))
		if r.done.Add(1) == r.chunks {
			return true
		}
	}
}

// serve is a worker's life. seen is the count of started that it need not look at.
func (p *Pool) serve(seen uint32) {
	keepThread()
	for {
		p.started.wait(seen)
		seen = p.started.now()
		if p.closed.Load() {
			return
		}
		if r := p.current.Load(); r != nil && r.help() {
			p.ended.advance()
		}
	}
}
