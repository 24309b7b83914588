package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// What a job or a model takes, it gives back: no goroutine outlives the tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A job leaves no goroutine, thread or memory behind.
func TestJobsLeaveNothing(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	job := func() {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := m.Sample(ctx, Request{Prompt: strings.Repeat("prompt ", 10), Samples: 16, MaxTokens: 40, Sampling: Sampling{Temperature: 2}},
			func(s Sample) bool {
				if s.Index == 3 {
					cancel()
				}
				return true
			})
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	job() // buffers and threads of the first job stay
	goroutines, threads, heap := runtime.NumGoroutine(), threadCount(t), heapInUse()
	for range 5 {
		job()
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := threadCount(t); n > threads+2 { // the runtime may have started one of its own
		t.Errorf("%d threads, %d before", n, threads)
	}
	if n := heapInUse(); n > heap+heap/4+1<<20 {
		t.Errorf("%d bytes of heap, %d before", n, heap)
	}
}

// What a request's own functions raise reaches the caller, and the model serves the next.
func TestPanicOfAStopReachesTheCaller(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	req := Request{Prompt: "x", Samples: 2, MaxTokens: 9, Stop: func(string) (int, bool) { panic("stop") }}
	func() {
		defer func() {
			if got := recover(); got != "stop" {
				t.Errorf("recovered %v", got)
			}
		}()
		_, err := m.Sample(t.Context(), req, func(Sample) bool { return true })
		t.Errorf("no panic; error %v", err)
	}()
	req.Stop = nil
	if samples, _ := collect(t, m, req); len(samples) != 2 {
		t.Errorf("%d samples after it", len(samples))
	}
}

// While nobody asks, nothing runs.
func TestIdleModelTakesNoProcessorTime(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	collect(t, m, Request{Prompt: "x", Samples: 4, MaxTokens: 20, Sampling: Sampling{Temperature: 1}})
	runtime.GC()
	before := processorTime(t)
	time.Sleep(500 * time.Millisecond) // what is measured is a stretch of idleness
	if spent := processorTime(t) - before; spent > 25*time.Millisecond {
		t.Errorf("%v of processor time in half a second of idleness", spent)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// threadCount is 0 where it is not known.
func threadCount(t *testing.T) int {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0
	}
	return len(tasks)
}

// Random joins, cancels and model switches. GREENFILL_FULL=1 makes it ten minutes; run
// it with -race:
//
//	GREENFILL_FULL=1 go test -race -timeout 15m -run TestStress ./engine
func TestStress(t *testing.T) {
	length := 2 * time.Second
	if full() {
		length = 10 * time.Minute
	}
	models := make([]*Lazy, 3)
	for i, arch := range []string{"qwen2", "llama", "llama"} {
		models[i] = NewLazy(tiny{architecture: arch, tied: i == 2}.write(t), Options{Threads: 1 + i%2}, time.Duration(1+i)*time.Millisecond)
	}
	deadline := time.Now().Add(length)
	var users sync.WaitGroup
	var mu sync.Mutex
	texts := map[string]string{} // by request: each must always give the same
	for user := range 6 {
		users.Go(func() {
			random := rand.New(rand.NewPCG(uint64(user), 0))
			for time.Now().Before(deadline) {
				which := random.IntN(len(models))
				seed, samples := random.Uint64N(3), 1+random.IntN(12)
				ctx, cancel := context.WithCancel(t.Context())
				if random.IntN(2) == 0 {
					time.AfterFunc(time.Duration(random.IntN(60))*time.Millisecond, cancel)
				}
				req := Request{Prompt: strings.Repeat("stress ", 1+int(seed)), Samples: samples, Batch: 1 + random.IntN(8),
					MaxTokens: 12, Sampling: Sampling{Temperature: 2, Seed: seed, Distinct: seed == 2}}
				_, err := models[which].Sample(ctx, req, func(s Sample) bool {
					mu.Lock()
					defer mu.Unlock()
					key := fmt.Sprint(which, seed, s.Index)
					if known, ok := texts[key]; ok && known != s.Text {
						t.Errorf("sample %s is %q, was %q", key, s.Text, known)
					}
					texts[key] = s.Text
					return random.IntN(20) > 0
				})
				cancel()
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			}
		})
	}
	users.Wait()
	if len(texts) < 30 {
		t.Errorf("only %d different samples: the test has proved little", len(texts))
	}
	for _, m := range models {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestLazy(t *testing.T) {
	l := NewLazy(tiny{architecture: "qwen2"}.write(t), Options{Threads: 1}, 20*time.Millisecond)
	if l.Loaded() {
		t.Error("loaded before its first use")
	}
	req := Request{Prompt: "x", Samples: 1, MaxTokens: 3}
	for range 2 {
		if _, err := l.Sample(t.Context(), req, func(Sample) bool { return true }); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, "the model is unloaded", func() bool { return !l.Loaded() })
	}
	_, done, err := l.Use(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err == nil {
		t.Error("closed while in use")
	}
	done()
	done() // the second call does nothing
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Sample(t.Context(), req, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
	broken := NewLazy("none.gguf", Options{}, 0)
	if _, err := broken.Sample(t.Context(), req, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func waitUntil(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !true(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
