package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const serverKey = "GREENFILL_TEST_SERVER"

// serve is the server that TestKilledServer ends: it runs programs of every kind until then.
func serve() {
	r, err := New(Options{Warm: 2})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	bodies := []string{"return x + 2", "return x", "while True: pass", "import time; time.sleep(100)", "print('x' * 9999)", "return [0] * 1000000"}
	for i := 0; ; i++ {
		go func(i int) {
			r.Run(context.Background(), Program{
				Candidate: Fragment{Line: 1, Text: "def f(x):\n    " + bodies[i%len(bodies)] + "\n"}, Function: "f",
				Checks: []Check{{Form: FormStatement, Line: 9 + i%3, Code: "y = f(2)\nassert y == 4"}},
			})
		}(i)
		time.Sleep(3 * time.Millisecond)
	}
}

// A server killed at any moment leaves no process behind.
func TestKilledServer(t *testing.T) {
	times := 20
	if full() {
		times = 200
	}
	if testing.Short() {
		times = 3
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	SelfTest(context.Background()) // so that servers find it in the cache
	random := rand.New(rand.NewPCG(1, 2))
	for i := range times {
		mark := fmt.Sprintf("%s=%d-%d", serverKey, os.Getpid(), i)
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), mark)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(out).ReadString('\n'); !strings.HasPrefix(line, "ready") {
			t.Fatalf("the server said %q", line)
		}
		time.Sleep(time.Duration(random.Int64N(int64(250 * time.Millisecond)))) // the random point
		// Stopped, it starts nothing between the look and the kill.
		if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		group := groups(t, cmd.Process.Pid)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		waitGone(t, group)
	}
}
