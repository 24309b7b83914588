package kernel

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestPoolDoesEveryChunkOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := NewPool(threads)
		for _, chunks := range []int{0, 1, 2, 7, 1000} {
			done := make([]atomic.Int32, chunks)
			p.calls.Lock()
			p.run(chunks, func(i int) { done[i].Add(1) })
			p.calls.Unlock()
			for i := range done {
				if done[i].Load() != 1 {
					t.Fatalf("%d threads: chunk %d of %d was done %d times", threads, i, chunks, done[i].Load())
				}
			}
		}
		p.Close()
	}
}

func TestPoolServesManyCallers(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			x := make([]float32, 3*chunkValues)
			one := make([]float32, len(x))
			for i := range one {
				one[i] = 1
			}
			for range 50 {
				p.Add(x, one)
			}
			for i, v := range x {
				if v != 50 {
					t.Errorf("value %d is %g after 50 additions", i, v)
					return
				}
			}
		})
	}
	callers.Wait()
}

// A pool wakes up from sleep as well as from its spin.
func TestPoolAfterAPause(t *testing.T) {
	p := NewPool(4)
	defer p.Close()
	var done atomic.Int64
	for range 20 {
		time.Sleep(time.Millisecond)
		p.calls.Lock()
		p.run(100, func(int) { done.Add(1) })
		p.calls.Unlock()
	}
	if done.Load() != 2000 {
		t.Errorf("%d chunks done, want 2000", done.Load())
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	threads := func() int {
		entries, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Skip("threads cannot be counted here")
		}
		return len(entries)
	}
	use := func() {
		p := NewPool(9)
		p.calls.Lock()
		p.run(1000, func(int) {})
		p.calls.Unlock()
		p.Close()
	}
	use() // the runtime starts threads of its own
	goroutines, before := runtime.NumGoroutine(), threads()
	for range 20 {
		use()
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > goroutines || threads() > before+2 {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, before %d; %d threads, before %d", runtime.NumGoroutine(), goroutines, threads(), before)
		}
		time.Sleep(time.Millisecond)
	}
}

func BenchmarkPoolRegion(b *testing.B) {
	p := NewPool(2)
	defer p.Close()
	p.calls.Lock()
	defer p.calls.Unlock()
	for b.Loop() {
		p.run(2, func(int) {})
	}
}
