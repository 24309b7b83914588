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

// A zygote is a warm, confined interpreter that has run a program's prelude and forks a
// child per candidate. The server talks to it over one socket.
type zygote struct {
	cmd     *exec.Cmd
	control *net.UnixConn
	stderr  *tail
	exited  chan struct{} // closed when the process is gone

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
	Event  string  `json:"event"`
	Run    int     `json:"run"`
	Status int     `json:"status"`
	CPU    float64 `json:"cpu"`
	Peak   int64   `json:"peak"`
	What   failure `json:"what"`
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

// zygoteConfig is the first message to a zygote: everything but the candidate.
type zygoteConfig struct {
	Role     role           `json:"role"`
	Modules  [][2]string    `json:"modules"`
	Filter   string         `json:"filter"`
	Seal     string         `json:"seal"`
	Mark     uint32         `json:"mark"`
	Timers   [2]int         `json:"timers"`
	File     string         `json:"file"`
	Dir      string         `json:"dir"`
	Function string         `json:"function"`
	Line     int            `json:"line"`
	Names    []string       `json:"names"`
	Prelude  []wireFragment `json:"prelude"`
	Unit     wireFragment   `json:"unit"`
	Checks   []wireCheck    `json:"checks,omitempty"`
}

type wireFragment struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

type wireCheck struct {
	Form CheckForm `json:"form"`
	Line int       `json:"line"`
	Code string    `json:"code"`
	Want string    `json:"want"`
	Test string    `json:"test"`
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

// startZygote starts a zygote and waits until its prelude has run. The error is a
// *preludeError, errUnconfined, ctx's, or says that the interpreter failed.
func startZygote(ctx context.Context, o orders, config *zygoteConfig) (*zygote, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	z := &zygote{stderr: &tail{}, exited: make(chan struct{}), pending: map[int]chan ended{}}
	z.control, err = connOf(ours)
	if err != nil {
		theirs.Close()
		return nil, err
	}
	z.cmd, err = startProcess(&o, z.stderr, z.stderr, theirs)
	theirs.Close() // so that its end shows as the end of the stream
	if err != nil {
		z.control.Close()
		return nil, err
	}
	go func() {
		_ = z.cmd.Wait()
		close(z.exited)
	}()
	stop := context.AfterFunc(ctx, z.close)
	defer stop()
	if err := z.handshake(config); err != nil {
		select { // let it say what is wrong
		case <-z.exited:
		case <-time.After(time.Second):
		}
		z.close()
		<-z.exited
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, z.explain(err)
	}
	go z.listen()
	return z, nil
}

// handshake sends the configuration and waits for the zygote to be ready.
func (z *zygote) handshake(config *zygoteConfig) error {
	if err := writeFrame(z.control, config, nil); err != nil {
		return err
	}
	var e event
	if err := readFrame(z.control, &e); err != nil {
		return err
	}
	if e.Event == "failed" {
		return &preludeError{e.What}
	}
	return nil
}

// explain turns the end of a starting zygote into what the user can act on.
func (z *zygote) explain(err error) error {
	var failed *preludeError
	if errors.As(err, &failed) {
		return err
	}
	said := z.stderr.String()
	state := z.cmd.ProcessState
	if state != nil && state.ExitCode() == exitUnconfined {
		return fmt.Errorf("%w: %s", errUnconfined, said)
	}
	if state != nil && !state.Exited() {
		said = "ended by " + state.String() + " " + said
	}
	return fmt.Errorf("the interpreter did not start: %s", firstNonEmpty(said, err.Error()))
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
	_ = z.cmd.Process.Kill()
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
