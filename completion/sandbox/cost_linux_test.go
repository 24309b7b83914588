package sandbox

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func childrenCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
func selfCPU() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestCost(t *testing.T) {
	py, _ := FindPython("")
	if p := os.Getenv("PY"); p != "" {
		py = p
	}
	prog := Program{Python: py, Candidate: Fragment{3, "def f(x):\n    return x+2\n"}, Function: "f",
		Checks: []Check{{Form: FormStatement, Line: 10, Code: "assert f(2) == 4"}, {Form: FormStatement, Line: 11, Code: "assert f(3) == 5"}, {Form: FormStatement, Line: 11, Code: "assert f(3) == 5"}}}
	cost := func(n int) (c, s, w time.Duration) {
		r, _ := New(Options{})
		c, s = childrenCPU(), selfCPU()
		b := time.Now()
		for range n {
			v := r.Run(context.Background(), prog)
			if v.Status != Passed {
				t.Fatal(v)
			}
		}
		w = time.Since(b)
		r.Close()
		return childrenCPU() - c, selfCPU() - s, w
	}
	cost(1)
	c1, s1, w1 := cost(1)
	n := 200
	cn, sn, wn := cost(n + 1)
	t.Log("start", c1, s1, w1)
	t.Log("per candidate", (cn-c1)/time.Duration(n), "server", (sn-s1)/time.Duration(n), "wall", (wn-w1)/time.Duration(n))
	c0 := childrenCPU()
	b := time.Now()
	for range 50 {
		exec.Command(py, "-I", "-S", "-c", prog.Candidate.Text+"assert f(2) == 4").Run()
	}
	t.Log("fresh", (childrenCPU()-c0)/50, time.Since(b)/50)
}
