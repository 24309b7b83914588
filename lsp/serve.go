// Package lsp speaks editor: a language server that offers verified completions to any
// client of the Language Server Protocol 3.18.
//
// Call [Serve] with a stream and [Options]; it returns when the client is done or gone.
// PROTOCOL.md at the root states what goes over the wire beyond the standard.
//
// # How a message goes
//
// Notifications are handled in wire order, on the reading goroutine, and do no I/O: they
// replace a [Document] or a setting. A request takes its Document in wire order as well
// and then runs in the background on it. What the server has to say by itself (status,
// results, refreshes, diagnostics) goes out from one goroutine, see publish.go.
//
// # How work goes
//
// A spec that is to be completed has one job at a time, see job.go; a function whose
// body was accepted or is to be checked is watched, see watch.go. Both wait for trust
// (trust.go) and use what [Options] offers to load a model and to run Python: this
// package knows neither.
//
// # Promises
//
// Only a [completion.Completion] is ever served. An untrusted folder runs nothing. A
// broken message costs that message. When Serve returns, no job is left.
package lsp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.uber.org/zap"

	"greenfill/completion"
)

// ErrNoModel is what [Options].Model returns (wrapped) when no model is installed.
var ErrNoModel = errors.New("no model is installed")

// ErrNoSandbox is what [Options].Sandbox and [Options].Model return (wrapped) when this
// machine cannot confine Python.
var ErrNoSandbox = errors.New("this machine cannot confine Python")

// ErrExit is what [Serve] returns when the client said exit without shutdown first.
var ErrExit = errors.New("client exited without shutdown")

// Options are what the server needs from outside. The zero value of a field is allowed.
type Options struct {
	Version string
	Log     *zap.Logger // nil means silence; never to standard output

	// Model makes a model and the sandbox ready. It is called in the background when
	// something is first to be sampled in a trusted folder, and again after Close (idle,
	// restart) or a change of ModelOptions. progress is told a share from 0 to 1.
	Model func(ctx context.Context, o ModelOptions, progress func(float64)) (*Loaded, error)
	// Sandbox makes the sandbox alone ready, for checks of written functions.
	Sandbox func(ctx context.Context) (*completion.Completer, error)
	// Doctor says what is set up and what is not.
	Doctor func(ctx context.Context) []Finding
	// Models lists the catalog.
	Models func(ctx context.Context) ([]Model, error)
	// Pull fetches a model in a process of its own; "" means the recommended one.
	Pull func(ctx context.Context, name string, progress func(done, total int64)) (Model, error)

	// ClientPID is a process whose end ends the server; 0 means none but the client's own word.
	ClientPID int
	// StateDir keeps the answers to the question of trust; "" means greenfill in XDG's state folder.
	StateDir string
	// RuntimeDir holds the lock that lets one server sample at a time; "" means XDG's runtime folder.
	RuntimeDir string
	// Machine says whether automatic jobs should wait; nil means to look at this machine.
	Machine func() Machine
}

// ModelOptions say which model is wanted, as the user's settings do.
type ModelOptions struct {
	Name    string // catalog name or path; "" means the best installed
	Threads int    // 0 means one per core
}

// A Loaded model is ready to be asked.
type Loaded struct {
	Name      string
	Completer *completion.Completer
	// Hash is the sha256 of its file in hexadecimal, also after Close. Nil means that
	// nobody can tell: no proof will speak of its samples.
	Hash func(ctx context.Context) (string, error)
	// Close lets go of its memory. Nil means there is nothing to let go.
	Close func()
}

// Serve answers the client at the other end of stream until it says exit, is gone, or
// ctx ends. It closes stream.
func Serve(ctx context.Context, stream io.ReadWriteCloser, o Options) error {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	end := &endOfInput{ReadWriteCloser: stream, ended: cancel}
	conn := jsonrpc2.NewConn(jsonrpc2.NewStream(end), jsonrpc2.WithCodec(codec{}))
	s := newServer(ctx, cancel, conn, o)
	s.start()
	conn.Go(ctx, s.handle)
	if o.ClientPID > 0 {
		s.watchProcess(o.ClientPID)
	}

	untilOver(ctx, conn)
	cancel()
	// The stream is closed first: a reader that waits for the next frame sees nothing else.
	_ = stream.Close()
	closed := make(chan struct{})
	go func() {
		_ = conn.Close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Second):
		// A blocking read of a terminal or a file cannot be interrupted; it ends with the process.
	}
	s.stop()
	return s.exit()
}

// untilOver waits for the end of ctx or of the connection. A connection that has read
// nonsense counts as over, but is done only when requests under way are, so it is asked.
func untilOver(ctx context.Context, conn jsonrpc2.Conn) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for conn.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-conn.Done():
			return
		case <-tick.C:
		}
	}
}

// endOfInput ends the server when the client's side of the stream does, so that requests
// under way are not waited for.
type endOfInput struct {
	io.ReadWriteCloser
	ended func()
}

func (e *endOfInput) Read(p []byte) (int, error) {
	n, err := e.ReadWriteCloser.Read(p)
	if err != nil {
		e.ended()
	}
	return n, err
}

// Write ends the server too when nobody reads any more.
func (e *endOfInput) Write(p []byte) (int, error) {
	n, err := e.ReadWriteCloser.Write(p)
	if err != nil {
		e.ended()
	}
	return n, err
}

// codec writes and reads payloads with the protocol's own rules for unions.
type codec struct{}

func (codec) Marshal(v any) ([]byte, error) {
	if raw, ok := v.(jsonrpc2.RawMessage); ok {
		if raw == nil {
			return []byte("null"), nil
		}
		return raw, nil
	}
	return protocol.Marshal(v)
}

func (codec) Unmarshal(data []byte, v any) error {
	if raw, ok := v.(*jsonrpc2.RawMessage); ok {
		*raw = append(jsonrpc2.RawMessage(nil), data...)
		return nil
	}
	return protocol.Unmarshal(data, v)
}

// A lifecycle says which messages are in order.
type lifecycle struct {
	mu          sync.Mutex
	initialized bool
	shutdown    bool
	exited      bool
}

var (
	errNotInitialized = jsonrpc2.NewError(jsonrpc2.Code(protocol.ErrorCodesServerNotInitialized), "initialize comes first")
	errInitialized    = jsonrpc2.NewError(jsonrpc2.Code(protocol.ErrorCodesInvalidRequest), "initialize was already said")
	errShutdown       = jsonrpc2.NewError(jsonrpc2.Code(protocol.ErrorCodesInvalidRequest), "the server is shutting down")
)

// admit says whether a message may be handled now.
func (l *lifecycle) admit(method string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case method == protocol.MethodExit:
		return nil
	case l.shutdown:
		return errShutdown
	case method == protocol.MethodInitialize:
		if l.initialized {
			return errInitialized
		}
		l.initialized = true
		return nil
	case !l.initialized:
		return errNotInitialized
	}
	if method == protocol.MethodShutdown {
		l.shutdown = true
	}
	return nil
}

// exit is Serve's answer.
func (s *server) exit() error {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.exited && !s.life.shutdown {
		return ErrExit
	}
	return nil
}

// invalid is the error for parameters that cannot be read.
func invalid(method string, err error) error {
	return jsonrpc2.NewError(jsonrpc2.Code(protocol.ErrorCodesInvalidParams), fmt.Sprintf("%s: reading parameters: %v", method, err))
}
