package kernel

import (
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestPoolDoesEveryChunkOnce(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		for _, threads := range []int{1, 2, 3, 8} {
			p := NewPool(threads)
			for _, chunks := range []int{0, 1, 2, 7, 1000} {
				x, one := make([]float32, chunks*chunkValues), slices.Repeat([]float32{1}, chunks*chunkValues)
				for range 10 {
					p.Add(x, one)
				}
				for i, v := range x {
					if v != 10 {
						t.Fatalf("%d threads: value %d of %d chunks is %g after 10 additions", threads, i, chunks, v)
					}
				}
			}
			p.Close()
		}
	})
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
	x, one := make([]float32, 100*chunkValues), slices.Repeat([]float32{1}, 100*chunkValues)
	for range 20 {
		time.Sleep(time.Millisecond)
		p.Add(x, one)
	}
	if slices.Min(x) != 20 || slices.Max(x) != 20 {
		t.Errorf("values from %g to %g after 20 additions", slices.Min(x), slices.Max(x))
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
	x := make([]float32, 100*chunkValues)
	use := func() {
		p := NewPool(9)
		p.Add(x, x)
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
	x := make([]float32, 2*chunkValues)
	for b.Loop() {
		p.Add(x, x)
	}
}
