package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// one is a program with one check.
func one(body, check string) Program {
	return Program{Python: os.Getenv("GREENFILL_TEST_PYTHON"), Candidate: Fragment{Line: 1, Text: "def f(x):\n" + body}, Function: "f",
		Checks: []Check{{Form: FormStatement, Line: 9, Code: check}}}
}

// A loop ends when its processor time is used up, not later.
func TestLoopEnds(t *testing.T) {
	r := testRunner(t, Options{})
	v := r.Run(context.Background(), one("    while True: pass\n", "assert f(1)"))
	if v.Status != TimedOut || v.CPU < 900*time.Millisecond || v.CPU > 1200*time.Millisecond {
		t.Errorf("%v after %v of processor time: %s", v.Status, v.CPU, v.Message)
	}
}

// A sleeper ends at the wall limit.
func TestSleeperEnds(t *testing.T) {
	r := testRunner(t, Options{})
	p := one("    import time; time.sleep(1000)\n", "assert f(1)")
	p.Limits.Wall = 200 * time.Millisecond
	if v := r.Run(context.Background(), p); v.Status != TimedOut || v.CPU > 200*time.Millisecond {
		t.Errorf("%v after %v: %s", v.Status, v.Wall, v.Message)
	}
}

// A correct candidate is never timed out, however busy the machine is.
func TestNoFalseTimeouts(t *testing.T) {
	runs := 200
	if full() {
		runs = 2000
	}
	if testing.Short() {
		runs = 20
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				_ = n * n
			}
		})
	}
	r := testRunner(t, Options{})
	programs := make([]Program, runs)
	for i := range programs {
		programs[i] = one("    return sum(range(x))\n", "assert f(1000) == 499500")
	}
	for i, v := range runAll(t, r, programs) {
		if v.Status != Passed {
			t.Errorf("run %d: %v: %s", i, v.Status, v.Message)
		}
	}
	cancel()
	load.Wait()
}

// A cancelled run ends soon, is no success, and leaves nothing running.
func TestCancel(t *testing.T) {
	r := testRunner(t, Options{})
	r.Run(context.Background(), one("    return x\n", "assert f(1)"))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	v := r.Run(ctx, one("    import time; time.sleep(1000)\n", "assert f(1)"))
	if v.Status != Invalid || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v: %s", v.Status, time.Since(began), v.Message)
	}
	r.Close()
	checkEmpty(t)
	if v := r.Run(context.Background(), one("    return x\n", "assert f(1)")); v.Status == Passed {
		t.Error("a closed runner passed something")
	}
}

// Idle and surplus interpreters are ended.
func TestIdle(t *testing.T) {
	r := testRunner(t, Options{Warm: 1, Idle: 50 * time.Millisecond})
	for _, body := range []string{"    return x\n", "    return x + 0\n"} {
		for _, check := range []string{"assert f(1) == 1", "assert f(2) == 2", "y = f(3)\nassert y == 3"} {
			if v := r.Run(context.Background(), one(body, check)); v.Status != Passed {
				t.Errorf("%v: %s", v.Status, v.Message)
			}
		}
	}
	checkEmpty(t)
}

// The same program gives the same verdict from many goroutines at once.
func TestConcurrent(t *testing.T) {
	r := testRunner(t, Options{Parallel: 8})
	programs := make([]Program, 60)
	for i := range programs {
		programs[i] = one([]string{"    return x + 1\n", "    return x\n", "    raise KeyError(x)\n"}[i%3], "assert f(1) == 2")
	}
	for i, v := range runAll(t, r, programs) {
		if want := []Status{Passed, AssertFailed, Raised}[i%3]; v.Status != want {
			t.Errorf("run %d: %v, want %v: %s", i, v.Status, want, v.Message)
		}
	}
}

// A verdict says what came out, what was asked for, and for which input.
func TestVerdictTells(t *testing.T) {
	r := testRunner(t, Options{})
	v := r.Run(context.Background(), one("    return sorted(x)\n", "assert f([3, 1]) == [3, 1], 'order'"))
	if v.Status != AssertFailed || v.Line != 9 || v.Actual != "[1, 3]" || v.Expected != "[3, 1]" || v.Inputs != "f([3, 1])" || v.Source == "" {
		t.Errorf("%+v", v)
	}
	v = r.Run(context.Background(), one("    y = 1\n    return y / x\n", "assert f(0) == 1"))
	if v.Status != Raised || v.Line != 3 || v.ErrorType != "ZeroDivisionError" {
		t.Errorf("%+v", v)
	}
	v = r.Run(context.Background(), one("    return open('/etc/shadow')\n", "assert f(0) == 1"))
	if (v.Status != Denied && v.Status != Raised) || v.Line != 2 {
		t.Errorf("%+v", v)
	}
	v = r.Run(context.Background(), one("    import socket\n    return socket.socket()\n", "assert f(0) == 1"))
	if v.Status != Denied || !strings.Contains(v.Message, "at: return socket.socket()") {
		t.Errorf("%+v", v)
	}
}

// The workspace's modules are importable, its data readable, nothing in it writable.
func TestWorkspace(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"shapes.py": "class Box:\n    def __init__(self, n):\n        self.n = n\n    def __eq__(self, o):\n        return self.n == o.n\n", "data.txt": "42"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := testRunner(t, Options{})
	p := one("    box.n += int(open('data.txt').read())\n    return Box(box.n)\n", "box = Box(1)\nassert f(box) == Box(43) and box.n == 43 and type(f(box)) is Box")
	p.Candidate.Text = "def f(box):\n    box.n += int(open('data.txt').read())\n    return Box(box.n)\n"
	p.Prelude, p.Dir = []Fragment{{Line: 1, Text: "from shapes import Box"}}, dir
	if v := r.Run(context.Background(), p); v.Status != Passed || v.Weaker != "" {
		t.Errorf("%v: %s %s", v.Status, v.Message, v.Weaker)
	}
	p.Candidate.Text = "def f(box):\n    open('data.txt', 'w').write('x')\n"
	if v := r.Run(context.Background(), p); v.Status != Denied && v.Status != Raised {
		t.Errorf("%v: %s", v.Status, v.Message)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "data.txt")); string(data) != "42" {
		t.Errorf("the workspace was written to: %q", data)
	}
}

// A module of the workspace that has changed is imported anew.
func TestWorkspaceChanges(t *testing.T) {
	dir := t.TempDir()
	r := testRunner(t, Options{})
	p := one("    return helper.one()\n", "assert f(0) == 1")
	p.Prelude, p.Dir = []Fragment{{Line: 1, Text: "import helper"}}, dir
	for _, step := range []struct {
		text string
		want Status
	}{{"def one():\n    return 1\n", Passed}, {"def one():\n    return 22\n", AssertFailed}, {"def one():\n    return 1\n", Passed}} {
		if err := os.WriteFile(filepath.Join(dir, "helper.py"), []byte(step.text), 0o644); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if v := r.Run(context.Background(), p); v.Status != step.want {
				t.Errorf("%q: %v: %s", step.text, v.Status, v.Message)
			}
		}
	}
}

// A file that was never saved may name a folder that is not there.
func TestMissingWorkspace(t *testing.T) {
	p := one("    return x\n", "assert f(1) == 1")
	p.Dir = filepath.Join(t.TempDir(), "not", "there")
	if v := testRunner(t, Options{}).Run(context.Background(), p); v.Status != Passed {
		t.Errorf("%v: %s", v.Status, v.Message)
	}
}
