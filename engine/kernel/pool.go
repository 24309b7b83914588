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

	mu      sync.Mutex
	work    *sync.Cond // a region was published, or the pool closed
	current *region
	closed  bool
	workers sync.WaitGroup
}

// A region is one parallel call.
type region struct {
	task   func(chunk int)
	chunks int64
	next   atomic.Int64 // first chunk that nobody has taken
	done   atomic.Int64
	ended  chan struct{} // closed by whoever does the last chunk
}

// NewPool returns a pool of the given number of threads, the caller's included; 0 or
// less means one per processor. Close it after use.
func NewPool(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{threads: threads}
	p.work = sync.NewCond(&p.mu)
	for range threads - 1 {
		p.workers.Go(p.serve)
	}
	return p
}

// Threads returns the number of threads, the caller's included.
func (p *Pool) Threads() int { return p.threads }

// Close ends the threads and waits for them. Calls must not follow.
func (p *Pool) Close() {
	p.calls.Lock()
	defer p.calls.Unlock()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.work.Broadcast()
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
	r := &region{task: task, chunks: int64(chunks), ended: make(chan struct{})}
	p.mu.Lock()
	p.current = r
	p.mu.Unlock()
	p.work.Broadcast()
	r.help()
	<-r.ended
}

// help does chunks until none is left to take.
func (r *region) help() {
	for {
		i := r.next.Add(1) - 1
		if i >= r.chunks {
			return
		}
		r.task(int(i))
		if r.done.Add(1) == r.chunks {
			close(r.ended)
		}
	}
}

// serve is a worker's life.
func (p *Pool) serve() {
	var last *region
	for {
		p.mu.Lock()
		for p.current == last && !p.closed {
			p.work.Wait()
		}
		if p.closed {
			p.mu.Unlock()
			return
		}
		last = p.current
		p.mu.Unlock()
		last.help()
	}
}
