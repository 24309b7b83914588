package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A zygote is a warm, confined interpreter that forks children on request. There are two
// kinds: the first one on a machine, a process of ours, which forks one zygote per spec;
// and those, which have run a spec's prelude and fork one child per candidate. The server
// talks to each over a socket of its own.
type zygote struct {
	control *net.UnixConn
	end     func()        // ends the process; called once
	exited  chan struct{} // closed when the process is gone
	pid     int           // the first one's process number, which is its process group's
	pure    bool          // whether a judge's checks leave nothing behind, so that one process can judge many
	files   []stamp       // the workspace's files that its prelude imported
	stderr  *tail         // the first one's, where all of them write

	mu      sync.Mutex
	pending map[int]chan ended // run number -> where its end is to be told
	nextRun int
	dead    bool
}

// ended is how a zygote's child ended.
type ended struct {
	status syscall.WaitStatus
	cpu    time.Duration
	peak   int64 // bytes
	lost   bool  // the zygote itself is gone
}

// An event is what a zygote reports.
type event struct {
	Event  string   `json:"event"`
	Run    int      `json:"run"`
	Status int      `json:"status"`
	CPU    float64  `json:"cpu"`
	Peak   int64    `json:"peak"`
	Pure   bool     `json:"pure"`
	Files  []string `json:"files"`
	What   failure  `json:"what"`
}

// A failure is why a prelude did not run.
type failure struct {
	Line    int    `json:"line"`
	Type    string `json:"type"`
	Message string `json:"message"`
}

// A preludeError is a failure as an error.
type preludeError struct{ failure }

func (e *preludeError) Error() string {
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Type, e.Message)
}

// errUnconfined means that the launcher could not confine itself: nothing ran.
var errUnconfined = errors.New("cannot confine a process here")

// A machine is the first message to the first interpreter: what all specs share.
type machine struct {
	Modules [][2]string `json:"modules"`
	Filter  string      `json:"filter"`
	Seal    string      `json:"seal"`
	Mark    uint32      `json:"mark"`
	Timers  [2]int      `json:"timers"`
	File    string      `json:"file"`
	Dir     string      `json:"dir"`
}

// A spec is the first message to a spec's zygote: everything but the candidate.
type spec struct {
	Role     role           `json:"role"`
	Function string         `json:"function"`
	Line     int            `json:"line"`
	Names    []string       `json:"names"`
	Prelude  []wireFragment `json:"prelude"`
	Unit     wireFragment   `json:"unit"`
	Checks   []wireCheck    `json:"checks,omitempty"`
	Folders  []string       `json:"folders"`
	Top      string         `json:"top"`
	Place    place          `json:"place"`
}

type wireFragment struct {
	Line  int    `json:"line"`
	Text  string `json:"text"`
	Place *place `json:"place"`
}

type wireCheck struct {
	Form CheckForm `json:"form"`
	Line int       `json:"line"`
	Code string    `json:"code"`
	Want string    `json:"want"`
	Test string    `json:"test"`

	Place *place `json:"place"`
}

// spawner starts processes from one thread that lives as long as this process: a child's
// wish to end with its parent is tied to the thread that started it.
var spawner = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})

// startProcess runs a launcher with its orders; files become descriptors 3 and up.
func startProcess(o *orders, stdout, stderr io.Writer, files ...*os.File) (*exec.Cmd, error) {
	o.Parent = os.Getpid()
	attr := &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	if o.Layers.Namespaces {
		o.Parent = 0
		attr.Cloneflags = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET |
			unix.CLONE_NEWIPC | unix.CLONE_NEWUTS
		// To 0: mapped to itself, an ordinary user loses the right to mount at exec.
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{launcherName}, Env: []string{ordersKey + "=" + string(text)},
		Stdin: null, Stdout: stdout, Stderr: stderr, ExtraFiles: files, SysProcAttr: attr, Dir: "/",
		WaitDelay: time.Second,
	}
	done := make(chan error)
	spawner() <- func() { done <- cmd.Start() }
	if err := <-done; err != nil {
		return nil, fmt.Errorf("%w: starting a process: %w", errUnconfined, err)
	}
	return cmd, nil
}

// startFirst starts the first interpreter. The error is errUnconfined, ctx's, or says
// that the interpreter failed.
func startFirst(ctx context.Context, o orders, m *machine) (*zygote, error) {
	z, theirs, err := newZygote()
	if err != nil {
		return nil, err
	}
	z.stderr = &tail{}
	cmd, err := startProcess(&o, z.stderr, z.stderr, theirs)
	theirs.Close() // so that its end shows as the end of the stream
	if err != nil {
		z.control.Close()
		return nil, err
	}
	z.pid = cmd.Process.Pid
	z.end = func() { _ = cmd.Process.Kill() }
	go func() {
		_ = cmd.Wait()
		close(z.exited)
	}()
	if err := z.open(ctx, m); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if cmd.ProcessState.ExitCode() == exitUnconfined {
			return nil, fmt.Errorf("%w: %s", errUnconfined, z.stderr)
		}
		return nil, fmt.Errorf("the interpreter did not start: %s", firstNonEmpty(z.stderr.String(), err.Error()))
	}
	return z, nil
}

// startSpec has the first interpreter fork a zygote for a spec and waits until its
// prelude has run. The error may also be a *preludeError.
func (first *zygote) startSpec(ctx context.Context, s *spec) (*zygote, error) {
	z, theirs, err := newZygote()
	if err != nil {
		return nil, err
	}
	z.stderr = first.stderr
	run, end, err := first.fork(forkRequest{}, theirs)
	theirs.Close()
	if err != nil {
		z.control.Close()
		return nil, err
	}
	z.end = func() { first.kill(run) }
	var how ended
	go func() {
		how = <-end
		close(z.exited)
	}()
	if err := z.open(ctx, s); err != nil {
		var failed *preludeError
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.As(err, &failed):
			return nil, err
		case how.status.Signaled() && how.status.Signal() != unix.SIGKILL:
			return nil, &preludeError{failure{Message: "its imports ended the interpreter by " + unix.SignalName(how.status.Signal())}}
		}
		return nil, fmt.Errorf("the interpreter did not start: %s", firstNonEmpty(z.stderr.String(), err.Error()))
	}
	return z, nil
}

// newZygote makes a zygote's server side and the socket that the process is to have.
func newZygote() (*zygote, *os.File, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, nil, err
	}
	z := &zygote{exited: make(chan struct{}), pending: map[int]chan ended{}}
	if z.control, err = connOf(ours); err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return z, theirs, nil
}

// open sends the first message, waits for the process to be ready and starts to listen.
// On an error the process is gone when it returns.
func (z *zygote) open(ctx context.Context, first any) error {
	stop := context.AfterFunc(ctx, z.close)
	defer stop()
	var e event
	err := writeFrame(z.control, first, nil)
	if err == nil {
		err = readFrame(z.control, &e)
	}
	if err == nil && e.Event == "failed" {
		err = &preludeError{e.What}
	}
	if err != nil {
		select { // let it say what is wrong
		case <-z.exited:
		case <-time.After(time.Second):
		}
		z.close()
		<-z.exited
		return err
	}
	z.pure = e.Pure
	for _, path := range e.Files {
		z.files = append(z.files, stampOf(path))
	}
	go z.listen()
	return nil
}

// listen passes on what the zygote reports until it is gone.
func (z *zygote) listen() {
	for {
		var e event
		if err := readFrame(z.control, &e); err != nil {
			break
		}
		z.mu.Lock()
		to := z.pending[e.Run]
		delete(z.pending, e.Run)
		z.mu.Unlock()
		if to != nil && e.Event == "ended" {
			to <- ended{status: syscall.WaitStatus(e.Status), cpu: time.Duration(e.CPU * float64(time.Second)), peak: e.Peak << 10}
		}
	}
	z.close()
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, to := range z.pending {
		to <- ended{lost: true}
	}
	z.pending = map[int]chan ended{}
}

// forkRequest asks for a child; the fields are those the Python side reads.
type forkRequest struct {
	Run    int        `json:"run"`
	Line   int        `json:"line"`
	Text   string     `json:"text,omitempty"`
	Nonce  string     `json:"nonce,omitempty"`
	Limits wireLimits `json:"limits"`
	// Standing asks for a judge that judges one candidate after the other; its descriptor 3
	// is a socket on which it gets two descriptors for each.
	Standing bool `json:"standing,omitempty"`
}

type wireLimits struct {
	CPU    float64 `json:"cpu"` // seconds
	Memory int64   `json:"memory"`
	Output int64   `json:"output"`
}

// fork starts a child that gets the files as descriptors 3 and up. Its end is told on the
// channel, which holds it until it is read.
func (z *zygote) fork(req forkRequest, files ...*os.File) (run int, end <-chan ended, err error) {
	ch := make(chan ended, 1)
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.dead {
		return 0, nil, io.ErrClosedPipe
	}
	z.nextRun++
	req.Run = z.nextRun
	z.pending[req.Run] = ch
	fds := make([]int, len(files))
	for i, f := range files {
		fds[i] = int(f.Fd())
	}
	if err := writeFrame(z.control, req, unix.UnixRights(fds...)); err != nil {
		delete(z.pending, req.Run)
		return 0, nil, err
	}
	return req.Run, ch, nil
}

// kill ends a child. The zygote does it, which knows whether it still runs.
func (z *zygote) kill(run int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if !z.dead {
		_ = writeFrame(z.control, map[string]int{"kill": run}, nil)
	}
}

// close ends the zygote, and with it its children. It may be called more than once.
func (z *zygote) close() {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.dead {
		return
	}
	z.dead = true
	z.end()
	_ = z.control.Close()
}

// alive says whether it can still be asked to fork.
func (z *zygote) alive() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return !z.dead
}

// socketPair makes two connected stream sockets, closed on exec.
func socketPair() (*os.File, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("making a socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "socket"), os.NewFile(uintptr(fds[1]), "socket"), nil
}

func connOf(f *os.File) (*net.UnixConn, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	return c.(*net.UnixConn), nil
}

// A frame is a length of four bytes, little-endian, and so much ASCII JSON.

const maxFrame = 64 << 20

func writeFrame(c *net.UnixConn, message any, rights []byte) error {
	var b bytes.Buffer
	b.Write(make([]byte, 4))
	enc := json.NewEncoder(asciiWriter{&b})
	enc.SetEscapeHTML(false)
	if err := enc.Encode(message); err != nil {
		return err
	}
	data := b.Bytes()
	binary.LittleEndian.PutUint32(data, uint32(len(data)-4))
	n, _, err := c.WriteMsgUnix(data, rights, nil)
	if err == nil && n < len(data) {
		_, err = c.Write(data[n:])
	}
	return err
}

func readFrame(r io.Reader, into any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n > maxFrame {
		return fmt.Errorf("a frame of %d bytes", n)
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
