package sandbox

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// An outside is what hostile candidates try to reach: each part must stay as it was.
type outside struct {
	folder  string
	tcp     net.Listener
	udp     net.PacketConn
	file    net.Listener
	reached chan string
	before  []string
	temp    []string
}

func newOutside(t testing.TB) *outside {
	t.Helper()
	o := &outside{folder: t.TempDir(), reached: make(chan string, 100)}
	if err := os.WriteFile(filepath.Join(o.folder, "secret"), []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	var err error
	if o.tcp, err = net.Listen("tcp4", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if o.udp, err = net.ListenPacket("udp4", o.tcp.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if o.file, err = net.Listen("unix", filepath.Join(o.folder, "socket")); err != nil {
		t.Fatal(err)
	}
	abstract, err := net.Listen("unix", "@greenfill-abstract")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []net.Listener{o.tcp, o.file, abstract} {
		go o.accept(l)
		t.Cleanup(func() { l.Close() })
	}
	go func() {
		var b [64]byte
		if _, from, err := o.udp.ReadFrom(b[:]); err == nil {
			o.reached <- "a datagram from " + from.String()
		}
	}()
	t.Cleanup(func() { o.udp.Close() })
	o.before, o.temp = o.state(t), names(t, os.TempDir(), "/dev/shm")
	return o
}

func (o *outside) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		o.reached <- "a connection to " + l.Addr().String()
		c.Close()
	}
}

// state lists the folder: names, modes, times, sizes.
func (o *outside) state(t testing.TB) []string {
	t.Helper()
	var out []string
	err := filepath.Walk(o.folder, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			out = append(out, fmt.Sprint(path, info.Mode(), info.ModTime(), info.Size(), info.Sys().(*syscall.Stat_t).Uid))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// names are the entries of folders that anyone may write to.
func names(t testing.TB, folders ...string) []string {
	t.Helper()
	var out []string
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), "go-build") {
				out = append(out, filepath.Join(folder, e.Name()))
			}
		}
	}
	return out
}

// check fails the test if anything outside was changed or reached.
func (o *outside) check(t testing.TB) {
	t.Helper()
	if now := o.state(t); !slices.Equal(now, o.before) {
		t.Errorf("files outside were changed:\n%v\n%v", o.before, now)
	}
	select {
	case what := <-o.reached:
		t.Errorf("reached from inside: %s", what)
	default:
	}
	for _, path := range names(t, os.TempDir(), "/dev/shm") {
		if (strings.Contains(path, "greenfill-leftover") || strings.Contains(path, "greenfill-selftest")) && !slices.Contains(o.temp, path) {
			t.Errorf("left behind: %s", path)
		}
	}
}

// descendants are this process's living descendants, by process number.
func descendants(t testing.TB) []int {
	t.Helper()
	all := processes(t)
	var out []int
	for pid, p := range all {
		for at := p; p.state != "Z" && at.parent > 1; at = all[at.parent] {
			if at.parent == os.Getpid() {
				out = append(out, pid)
				break
			}
		}
	}
	return out
}

// checkEmpty waits until this process has no descendants and fails the test if some stay.
func checkEmpty(t testing.TB) {
	t.Helper()
	for wait := time.Millisecond; ; wait *= 2 {
		left := descendants(t)
		if len(left) == 0 {
			return
		}
		if wait > 2*time.Second {
			for _, pid := range left {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				t.Errorf("process %d is left: %q", pid, line)
			}
			return
		}
		time.Sleep(wait)
	}
}

// A hostile is one candidate of testdata/hostile and the statuses that are right for it.
type hostile struct {
	name, text string
	want       []string
}

func hostiles(t testing.TB) []hostile {
	t.Helper()
	paths, err := filepath.Glob("testdata/hostile/*.py")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d hostile candidates: %v", len(paths), err)
	}
	var out []hostile
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(data), "\n")
		want, _, ok := strings.Cut(strings.TrimPrefix(first, "# "), ":")
		if !ok {
			t.Fatalf("%s: the first line must say what is expected", path)
		}
		out = append(out, hostile{strings.TrimSuffix(filepath.Base(path), ".py"), string(data), strings.Split(want, " or ")})
	}
	return out
}

// hostileProgram is the spec that hostile candidates are run against: its answers cannot
// be guessed, and its prelude names what lies outside.
func hostileProgram(o *outside, h hostile) Program {
	home, _ := os.UserHomeDir()
	prelude := fmt.Sprintf("CANARY_DIR = %q\nHOME = %q\nPORT = %d\nSOCK = %q\nSERVER = %d\nCASES = [(2, 7919), (5, 104729)]\n",
		o.folder, home, o.tcp.Addr().(*net.TCPAddr).Port, filepath.Join(o.folder, "socket"), os.Getpid())
	return Program{
		Python:    os.Getenv("GREENFILL_TEST_PYTHON"),
		Prelude:   []Fragment{{Line: 1, Text: prelude}},
		Candidate: Fragment{Line: 10, Text: h.text},
		Function:  "f",
		Checks: []Check{
			{Form: FormStatement, Line: 100, Code: "assert f(2) == 7919"},
			{Form: FormStatement, Line: 101, Code: "for given, want in CASES:\n    assert f(given) == want"},
			{Form: FormStatement, Line: 103, Code: "assert abs(f(5) - 104729.0) < 1e-6 and f(2) in [7919]"},
			{Form: FormStatement, Line: 104, Code: "y = f(2)\nassert 7918 < y < 7920 and y != 0 and not y == 1 and [y] == [7919]"},
		},
		Limits: Limits{CPU: 400 * time.Millisecond, Wall: 500 * time.Millisecond},
	}
}

// easyChecks are the ones a standing judge takes: nothing hostile may pass these either.
var easyChecks = []Check{
	{Form: FormStatement, Line: 100, Code: "assert f(2) == 7919"},
	{Form: FormStatement, Line: 101, Code: "assert f(5) == 104729"},
}

const honest = "def f(x):\n    return {2: 7919, 5: 104729}[x]\n"

// No hostile candidate passes or leaves a trace, whichever layers confine it, and an
// honest one passes after each.
func TestHostile(t *testing.T) {
	combos := combinations
	if testing.Short() {
		combos = combos[:1]
	}
	report := SelfTest(context.Background())
	for _, l := range combos {
		t.Run(l.String(), func(t *testing.T) {
			i := slices.IndexFunc(report.Rows, func(r Row) bool { return r.Layers == l })
			if i < 0 || !report.Rows[i].Holds {
				t.Skipf("the self-test refuses %v on this machine: %+v", l, report.Rows)
			}
			checkEmpty(t)
			// Time limits do not depend on the layers: the slow ones run once in the short form.
			attack(t, l, full() || l == combos[0])
			checkEmpty(t)
		})
	}
}

func attack(t *testing.T, l Layers, slow bool) {
	o := newOutside(t)
	r, err := New(Options{Layers: &l})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, h := range hostiles(t) {
		if !slow && slices.Contains(h.want, "TimedOut") {
			continue
		}
		t.Run(h.name, func(t *testing.T) {
			p := hostileProgram(o, h)
			v := r.Run(context.Background(), p)
			if !slices.Contains(h.want, v.Status.String()) {
				t.Errorf("%v, want %v: %s\n%+v", v.Status, h.want, v.Message, v)
			}
			if v.Weaker != "" {
				t.Errorf("a candidate made its spec unsplittable: %s", v.Weaker)
			}
			o.check(t)
			if full() || !slices.Contains(h.want, "TimedOut") {
				easy := p
				easy.Checks = easyChecks
				if v := r.Run(context.Background(), easy); v.Status == Passed || v.Status == Flaky {
					t.Errorf("passed the easy checks: %+v", v)
				}
			}
		})
	}
	for _, checks := range [][]Check{nil, easyChecks} {
		p := hostileProgram(o, hostile{text: honest})
		if checks != nil {
			p.Checks = checks
		}
		if v := r.Run(context.Background(), p); v.Status != Passed {
			t.Errorf("an honest candidate after all that: %v %s", v.Status, v.Message)
		}
	}
	o.check(t)
}

// The same as an ordinary user, where this test runs as root: a copy of the test binary
// is started with another user's number and an interpreter that everybody can read.
func TestOrdinaryUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("already an ordinary user")
	}
	const python = "/usr/bin/python3"
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("an interpreter that everybody can read is needed: %v", err)
		}
		t.Skip("no " + python)
	}
	folder, err := os.MkdirTemp("", "sandbox-user-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{self: "sandbox.test", "testdata": "testdata"} {
		if out, err := exec.Command("cp", "-r", from, filepath.Join(folder, to)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if out, err := exec.Command("chmod", "-R", "a+rX", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	home := filepath.Join(folder, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	const user = 4242
	if err := os.Chown(home, user, user); err != nil {
		t.Fatal(err)
	}
	run := "^(TestHostile|TestForms|TestSelfTest)$"
	args := []string{"-test.run", run, "-test.timeout", "9m"}
	if testing.Short() {
		args = append(args, "-test.short")
	}
	cmd := exec.Command(filepath.Join(folder, "sandbox.test"), args...)
	cmd.Dir = folder
	// Without CI: the system's Python need not have the packages of some forms.
	cmd.Env = []string{"HOME=" + home, "TMPDIR=" + home, "PATH=/usr/bin:/bin", "GREENFILL_TEST_PYTHON=" + python,
		"GREENFILL_FULL=" + os.Getenv("GREENFILL_FULL")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Errorf("as user %d: %v\n%s", user, err, out.String())
	}
}

// groups are the process groups of a process's children: each launcher leads one, by its
// own number (it may still be about to), and nothing inside can leave it.
func groups(t testing.TB, parent int) map[int]bool {
	t.Helper()
	out := map[int]bool{}
	for pid, p := range processes(t) {
		if p.parent == parent {
			out[pid] = true
		}
	}
	return out
}

// waitGone fails the test if members of process groups stay alive.
func waitGone(t testing.TB, group map[int]bool) {
	t.Helper()
	for wait := time.Millisecond; ; wait *= 2 {
		var left []int
		for pid, p := range processes(t) {
			if group[p.group] && p.state != "Z" {
				left = append(left, pid)
			}
		}
		if len(left) == 0 {
			return
		}
		if wait > 4*time.Second {
			for _, pid := range left {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				t.Errorf("process %d is left: %+v %.80q", pid, processes(t)[pid], line)
			}
			return
		}
		time.Sleep(wait)
	}
}

// A process as /proc tells it.
type process struct {
	state         string
	parent, group int
}

func processes(t testing.TB) map[int]process {
	t.Helper()
	out := map[int]process{}
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if len(fields) < 3 {
			continue
		}
		parent, _ := strconv.Atoi(fields[1])
		group, _ := strconv.Atoi(fields[2])
		out[pid] = process{fields[0], parent, group}
	}
	return out
}
