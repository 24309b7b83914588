package kernel

import (
	"maps"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// niceness returns that of the calling thread.
func niceness(t *testing.T) int {
	priority, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil {
		t.Error(err)
	}
	return 20 - priority
}

// Whoever waits for a product keeps its priority; those who compute it have a lower one.
func TestWorkHasLowPriority(t *testing.T) {
	before := niceness(t)
	want := min(19, before+nicer)
	Background(func() {
		if n := niceness(t); n != want {
			t.Errorf("niceness %d in the background, want %d", n, want)
		}
	})
	if n := niceness(t); n != before {
		t.Errorf("niceness %d after it, want %d", n, before)
	}
	if len(Paths()) == 1 {
		return // without C a pool's threads are Go's, which serve everybody
	}
	const threads = 4
	low := func() map[string]bool { // the threads of low priority
		found := map[string]bool{}
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			stat, err := os.ReadFile("/proc/self/task/" + task.Name() + "/stat")
			if err != nil {
				continue // it has just ended
			}
			// Behind the name in parentheses niceness is the 17th field.
			fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
			if fields[16] == strconv.Itoa(want) {
				found[task.Name()] = true
			}
		}
		return found
	}
	already := low() // of pools whose threads are about to end
	pool := NewPool(threads)
	defer pool.Close()
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		found := low()
		maps.DeleteFunc(found, func(thread string, _ bool) bool { return already[thread] })
		if len(found) == threads-1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d further threads have niceness %d, want %d", len(found), want, threads-1)
		}
	}
}

func TestBackgroundPassesPanicsOn(t *testing.T) {
	defer func() {
		if got := recover(); got != "lost" {
			t.Errorf("recovered %v", got)
		}
	}()
	Background(func() { panic("lost") })
}
