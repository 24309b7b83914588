package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"greenfill/engine/catalog"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// A child is a server in a process of its own, with an editor connected to it.
type child struct {
	*lsptest.Editor
	cmd    *exec.Cmd
	stream stream
}

// stream is the other end of a process's standard input and output.
type stream struct {
	io.ReadCloser
	in io.WriteCloser
}

func (s stream) Write(p []byte) (int, error) { return s.in.Write(p) }
func (s stream) Close() error {
	s.in.Close()
	return s.ReadCloser.Close()
}

// startServer runs the real binary with the smallest model of the catalog.
func startServer(t *testing.T, attr *syscall.SysProcAttr, arguments ...string) *child {
	t.Helper()
	return startEditor(t, attr, lsptest.Config{Options: map[string]any{"trusted": true, "notifications": true,
		"settings": map[string]any{"model": smallest(t), "maxLoad": 0, "onBattery": "sample", "samples": 1024, "timeLimit": 0, "distinct": 1}}}, arguments...)
}

// smallest is the name of the smallest model of the catalog; without it the test is skipped.
func smallest(t *testing.T) string {
	t.Helper()
	const name = "smollm2-135m"
	if m, _ := catalog.Find(name); !m.Installed() {
		if os.Getenv("CI") != "" {
			t.Fatalf("model %s is not in %s: greenfill model pull %s", name, catalog.Dir(), name)
		}
		t.Skipf("model %s is not installed", name)
	}
	return name
}

// startEditor runs the real binary with an editor connected to it.
func startEditor(t *testing.T, attr *syscall.SysProcAttr, config lsptest.Config, arguments ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command("greenfill", append([]string{"lsp"}, arguments...)...)}
	c.cmd.SysProcAttr = attr
	state := t.TempDir()
	c.cmd.Env = append(os.Environ(), "GREENFILL_MODELS="+catalog.Dir(), "XDG_STATE_HOME="+state, "XDG_RUNTIME_DIR="+state)
	in, err := c.cmd.StdinPipe()
	must(t, err)
	out, err := c.cmd.StdoutPipe()
	must(t, err)
	must(t, c.cmd.Start())
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		c.cmd.Wait()
	})
	c.stream = stream{out, in}
	c.Editor = lsptest.New(config)
	must(t, c.Connect(context.Background(), c.stream))
	return c
}

// complete asks for a body of a function and waits for the end of the job, which may take
// longer on a busy machine than an editor waits for anything else.
func (c *child) complete(ctx context.Context, b *lsptest.Buffer, name string) (lsp.Results, error) {
	params := fmt.Sprintf(`{"command":%q,"arguments":[{"uri":%q,"spec":%q}]}`, lsp.CommandComplete, b.URI, name)
	var raw jsonrpc2.RawMessage
	var r lsp.Results
	err := protocol.Call(ctx, c.Conn, "workspace/executeCommand", jsonrpc2.RawMessage(params), &raw)
	if err == nil {
		err = protocol.Unmarshal(raw, &r)
	}
	return r, err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestServerNeedsNoNetwork completes in a network namespace that has no interface but a
// loopback that is down.
func TestServerNeedsNoNetwork(t *testing.T) {
	self := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	group := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	alone := func() *syscall.SysProcAttr {
		return &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET, UidMappings: self, GidMappings: group}
	}
	probe := exec.Command("true")
	probe.SysProcAttr = alone()
	if err := probe.Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("this machine allows no network namespace: %v", err)
		}
		t.Skipf("this machine allows no network namespace: %v", err)
	}

	c := startServer(t, alone())
	interfaces, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/dev", c.cmd.Process.Pid))
	must(t, err)
	for _, line := range strings.Split(strings.TrimSpace(string(interfaces)), "\n")[2:] {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), ":"); name != "lo" {
			t.Fatalf("the server's namespace has the interface %s", name)
		}
	}
	b := c.Open("/w/a.py", "def add(a, b):\n    \"\"\"Return a plus b.\"\"\"\n    \n\nassert add(1, 2) == 3\n")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	r, err := c.complete(ctx, b, "add")
	must(t, err)
	if r.Completions == 0 {
		t.Errorf("no body passed: %+v", r)
	}
	must(t, c.Close())
	must(t, c.cmd.Wait())
}

// TestServerEndsWithItsEditor: whatever ends in the midst of sampling, the editor, its
// side of the stream or the server, two seconds later neither the server nor anything
// that it started is left.
func TestServerEndsWithItsEditor(t *testing.T) {
	for _, test := range []struct {
		what string
		end  func(c *child, editor *os.Process)
	}{
		// Somebody else still holds the editor's side of the stream.
		{"the editor's process is killed", func(_ *child, editor *os.Process) { editor.Kill(); editor.Wait() }},
		{"the stream is closed", func(c *child, _ *os.Process) { c.stream.Close() }},
		{"the server is killed", func(c *child, _ *os.Process) { c.cmd.Process.Kill() }},
	} {
		t.Run(test.what, func(t *testing.T) {
			editor := exec.Command("sleep", "600")
			must(t, editor.Start())
			t.Cleanup(func() { editor.Process.Kill(); editor.Wait() })
			c := startServer(t, nil, "--clientProcessId", strconv.Itoa(editor.Process.Pid))
			b := c.Open("/w/a.py", "def f(a):\n    \"\"\"Return a new value.\"\"\"\n    \n\nassert f(1) == 'no such thing'\n")
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			answered := make(chan error, 1)
			go func() {
				_, err := c.complete(ctx, b, "f")
				answered <- err
			}()
			var started []int
			for len(started) == 0 { // until the sandbox runs something
				if ctx.Err() != nil {
					t.Fatal("nothing was run")
				}
				if _, err := c.AwaitStatus(lsp.StateSampling); err == nil {
					started = descendants(c.cmd.Process.Pid)
				}
			}
			t.Logf("the server has started %d processes", len(started))

			test.end(c, editor.Process)
			ended := time.Now()
			left := append(started, c.cmd.Process.Pid)
			for len(left) > 0 && time.Since(ended) < 2*time.Second {
				left = slices.DeleteFunc(left, func(pid int) bool { return !runs(pid) })
				time.Sleep(10 * time.Millisecond)
			}
			t.Logf("all have ended after %v", time.Since(ended).Round(10*time.Millisecond))
			if len(left) > 0 {
				t.Errorf("processes %v are left", left)
			}
			c.stream.Close()
			<-answered
			_ = c.Conn.Close()
		})
	}
}

// descendants are the processes below one, all generations.
func descendants(pid int) []int {
	var list []int
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range files {
		children, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(children)) {
			if n, err := strconv.Atoi(field); err == nil {
				list = append(append(list, n), descendants(n)...)
			}
		}
	}
	return list
}

// runs says whether a process exists and has not ended.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	i := strings.LastIndex(string(stat), ") ")
	return err == nil && i >= 0 && !strings.ContainsAny(string(stat[i+2:i+3]), "ZX")
}
