package lsp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"
)

// A notice is the handler of a notification: it runs in wire order and does no I/O.
type notice func(s *server, raw []byte) error

// A call is the handler of a request. prepare runs in wire order: it reads the
// parameters and takes the Document. What it returns runs in the background.
type call struct {
	prepare func(s *server, raw []byte) (work, error)
	ordered bool // the work itself runs in wire order too, and does no I/O
}

type work func(ctx context.Context) (any, error)

// notices and calls are all that the server understands.
var notices = map[string]notice{
	protocol.MethodInitialized:                        bare((*server).initializedNotice),
	protocol.MethodExit:                               bare((*server).exitNotice),
	protocol.MethodCancelRequest:                      on((*server).cancelNotice),
	protocol.MethodWindowWorkDoneProgressCancel:       on((*server).progressCancelNotice),
	protocol.MethodTextDocumentDidOpen:                on((*server).didOpen),
	protocol.MethodTextDocumentDidChange:              on((*server).didChange),
	protocol.MethodTextDocumentDidSave:                on((*server).didSave),
	protocol.MethodTextDocumentDidClose:               on((*server).didClose),
	protocol.MethodNotebookDocumentDidOpen:            on((*server).didOpenNotebook),
	protocol.MethodNotebookDocumentDidChange:          on((*server).didChangeNotebook),
	protocol.MethodNotebookDocumentDidSave:            on((*server).didSaveNotebook),
	protocol.MethodNotebookDocumentDidClose:           on((*server).didCloseNotebook),
	protocol.MethodWorkspaceDidChangeConfiguration:    on((*server).didChangeConfiguration),
	protocol.MethodWorkspaceDidChangeWorkspaceFolders: on((*server).didChangeFolders),
	protocol.MethodWorkspaceDidChangeWatchedFiles:     on((*server).didChangeWatchedFiles),
	MethodTrust: on((*server).trustNotice),
}

var calls map[string]call

func init() { // not in the declaration: command handlers name calls again through the table of commands
	calls = map[string]call{
		protocol.MethodInitialize:                   ordered((*server).initialize),
		protocol.MethodShutdown:                     {prepare: (*server).shutdown, ordered: true},
		protocol.MethodTextDocumentInlineCompletion: {prepare: (*server).prepareInline},
		protocol.MethodTextDocumentCompletion:       background((*server).completion),
		protocol.MethodTextDocumentCodeLens:         background((*server).codeLens),
		protocol.MethodTextDocumentCodeAction:       background((*server).codeAction),
		protocol.MethodTextDocumentHover:            background((*server).hover),
		protocol.MethodTextDocumentInlayHint:        background((*server).inlayHint),
		protocol.MethodTextDocumentDiagnostic:       background((*server).diagnostic),
		protocol.MethodWorkspaceExecuteCommand:      background((*server).executeCommand),
		MethodStatus:                                background((*server).statusRequest),
		MethodCandidates:                            background((*server).candidates),
		MethodSpecs:                                 background((*server).specs),
		MethodDoctor:                                background((*server).doctor),
	}
}

// bare makes a notice of a handler that reads no parameters.
func bare(f func(s *server)) notice {
	return func(s *server, _ []byte) error { f(s); return nil }
}

// on makes a notice of a handler with parameters.
func on[P any](f func(s *server, p *P)) notice {
	return func(s *server, raw []byte) error {
		p := new(P)
		if err := protocol.Unmarshal(raw, p); err != nil {
			return err
		}
		f(s, p)
		return nil
	}
}

// background makes a call of a handler that runs on the Document its parameters name,
// taken in wire order; it is nil when no such document is open.
func background[P, R any](f func(s *server, ctx context.Context, p *P, doc *Document) (R, error)) call {
	return call{prepare: func(s *server, raw []byte) (work, error) {
		p := new(P)
		if len(raw) > 0 {
			if err := protocol.Unmarshal(raw, p); err != nil {
				return nil, err
			}
		}
		doc := s.document(target(raw))
		return func(ctx context.Context) (any, error) { return f(s, ctx, p, doc) }, nil
	}}
}

// ordered makes a call of a handler that changes state.
func ordered[P, R any](f func(s *server, p *P) (R, error)) call {
	return call{ordered: true, prepare: func(s *server, raw []byte) (work, error) {
		p := new(P)
		if err := protocol.Unmarshal(raw, p); err != nil {
			return nil, err
		}
		return func(context.Context) (any, error) { return f(s, p) }, nil
	}}
}

// target is the document that a request's parameters name, "" if none: textDocument.uri,
// uri, or the uri of a command's first argument.
func target(raw []byte) uri.URI {
	var p struct {
		URI          uri.URI                         `json:"uri"`
		TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
		Arguments    []jsontext.Value                `json:"arguments"`
	}
	if len(raw) == 0 || protocol.Unmarshal(raw, &p) != nil {
		return ""
	}
	switch {
	case p.TextDocument.URI != "":
		return p.TextDocument.URI
	case p.URI != "":
		return p.URI
	case len(p.Arguments) > 0:
		return target(p.Arguments[0])
	}
	return ""
}

// handle answers one message. Nothing that a message holds ends the connection: an error
// or a panic costs that message.
func (s *server) handle(ctx context.Context, req *jsonrpc2.Request) (result any, err error) {
	// Cloned, for the method is borrowed from a frame that Async lets go of.
	method, isCall := strings.Clone(req.Method()), req.IsCall()
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("panic", zap.String("method", method), zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
			result, err = nil, jsonrpc2.NewError(jsonrpc2.Code(protocol.ErrorCodesInternalError), fmt.Sprintf("%s: internal error: %v", method, p))
		}
		if err != nil && !isCall {
			s.log.Warn("notification dropped", zap.String("method", method), zap.Error(err))
			result, err = nil, nil // an error would end the connection
		}
	}()
	if isCall {
		return s.call(ctx, method, req)
	}
	return nil, s.notice(method, req.Params())
}

func (s *server) notice(method string, params []byte) error {
	n, ok := notices[method]
	if !ok {
		return nil
	}
	if err := s.life.admit(method); err != nil {
		return err
	}
	return n(s, params)
}

func (s *server) call(ctx context.Context, method string, req *jsonrpc2.Request) (any, error) {
	c, ok := calls[method]
	if !ok {
		return nil, fmt.Errorf("%q: %w", method, jsonrpc2.ErrMethodNotFound)
	}
	work, err := c.prepare(s, req.Params())
	if err != nil {
		return nil, invalid(method, err)
	}
	if err := s.life.admit(method); err != nil {
		return nil, err
	}
	if c.ordered {
		return work(s.ctx)
	}
	// The request's own context is recycled under the feet of those who derive from it,
	// so the work gets one of the connection's.
	running, done := s.requests.begin(s.ctx, req.ID())
	defer done()
	jsonrpc2.Async(ctx)
	result, err := work(running)
	if errors.Is(err, context.Canceled) {
		return nil, protocol.ErrRequestCancelled
	}
	return result, err
}

// requests are those under way, so that they can be cancelled.
type requests struct {
	mu     sync.Mutex
	cancel map[jsonrpc2.ID]context.CancelFunc
}

// begin notes a request; done must be called when it has been answered.
func (r *requests) begin(parent context.Context, id jsonrpc2.ID) (ctx context.Context, done func()) {
	ctx, cancel := context.WithCancel(parent)
	r.mu.Lock()
	if r.cancel == nil {
		r.cancel = map[jsonrpc2.ID]context.CancelFunc{}
	}
	r.cancel[id] = cancel
	r.mu.Unlock()
	return ctx, func() {
		r.mu.Lock()
		delete(r.cancel, id)
		r.mu.Unlock()
		cancel()
	}
}

// cancelNotice ends the request that $/cancelRequest names.
func (s *server) cancelNotice(p *protocol.CancelParams) {
	var id jsonrpc2.ID
	switch v := p.ID.(type) {
	case protocol.Integer:
		id = jsonrpc2.NewNumberID(int64(v))
	case protocol.String:
		id = jsonrpc2.NewStringID(string(v))
	}
	s.requests.mu.Lock()
	cancel := s.requests.cancel[id]
	s.requests.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}
