// Package lsptest is an editor without a screen: it speaks to a language server as an
// editor does, keeps its buffers, and waits for what it expects instead of sleeping.
//
// Call [Start] first, then [Editor.Open], [Editor.Edit] and the requests; [Editor.Close]
// ends the conversation and reports every message that nobody had expected.
package lsptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/lsp"
)

// Timeout is how long the editor waits for anything.
const Timeout = 10 * time.Second

// A Config says what kind of editor it is. The zero value is one that can everything.
type Config struct {
	Encoding   protocol.PositionEncodingKind // the only one that it offers; "" means that it offers none
	Options    any                           // initializationOptions; nil means notifications and trust
	Folders    []string                      // paths of workspace folders
	Settings   map[string]any                // answers to workspace/configuration; nil means it cannot be asked
	Plain      bool                          // knows nothing beyond the oldest protocol
	Pull       bool                          // asks for diagnostics itself
	Answer     func(message string, choices []string) string
	ServerOpts lsp.Options
}

// An Editor is one running editor with its server.
type Editor struct {
	Conn     jsonrpc2.Conn
	Init     protocol.InitializeResult
	Encoding protocol.PositionEncodingKind
	config   Config
	stream   io.Closer
	served   chan error
	cancel   context.CancelFunc

	mu          sync.Mutex
	changed     chan struct{} // closed and replaced when anything below changes
	buffers     map[uri.URI]*Buffer
	status      lsp.Status
	statuses    []lsp.State
	results     map[string]lsp.Results // by spec
	diagnostics map[uri.URI][]protocol.Diagnostic
	messages    []string // window/showMessage, not yet expected
	questions   []string // window/showMessageRequest
	progress    map[string][]string
	refreshes   int
	registered  []string
	unexpected  []string
}

// A Buffer is an open file, or a cell of an open notebook.
type Buffer struct {
	URI     uri.URI
	Version int32
	Text    string

	notebook uri.URI
}

// Start runs a server and connects an editor to it, through initialize and initialized.
func Start(ctx context.Context, c Config) (*Editor, error) {
	ours, theirs := Pipe()
	serverCtx, cancel := context.WithCancel(context.Background())
	e := New(c)
	e.cancel = cancel
	e.served = make(chan error, 1)
	go func() { e.served <- lsp.Serve(serverCtx, theirs, c.ServerOpts) }()
	if err := e.Connect(ctx, ours); err != nil {
		cancel()
		return nil, err
	}
	return e, nil
}

// New is an editor that is not connected yet.
func New(c Config) *Editor {
	return &Editor{config: c, changed: make(chan struct{}), buffers: map[uri.URI]*Buffer{}, results: map[string]lsp.Results{},
		diagnostics: map[uri.URI][]protocol.Diagnostic{}, progress: map[string][]string{}}
}

// Connect speaks to a server at the other end of stream, through initialize and initialized.
func (e *Editor) Connect(ctx context.Context, stream io.ReadWriteCloser) error {
	e.stream = stream
	e.Conn = jsonrpc2.NewConn(jsonrpc2.NewStream(stream))
	e.Conn.Go(context.Background(), e.handle)
	params := map[string]any{
		"processId": nil, "rootUri": nil, "capabilities": e.capabilities(),
		"clientInfo": map[string]any{"name": "lsptest"},
	}
	if e.config.Options != nil {
		params["initializationOptions"] = e.config.Options
	} else if !e.config.Plain {
		params["initializationOptions"] = map[string]any{"trusted": true, "notifications": true}
	}
	var folders []map[string]any
	for _, f := range e.config.Folders {
		folders = append(folders, map[string]any{"uri": uri.File(f), "name": f})
	}
	if folders != nil {
		params["workspaceFolders"] = folders
	}
	if err := e.Call(ctx, "initialize", params, &e.Init); err != nil {
		return fmt.Errorf("initialize: %w", err)
	}
	e.Encoding = e.Init.Capabilities.PositionEncoding
	return e.Conn.Notify(ctx, "initialized", struct{}{})
}

func (e *Editor) capabilities() map[string]any {
	if e.config.Plain {
		return map[string]any{}
	}
	refresh := map[string]any{"refreshSupport": true}
	workspace := map[string]any{
		"applyEdit": true, "workspaceEdit": map[string]any{"documentChanges": true},
		"codeLens": refresh, "inlayHint": refresh, "workspaceFolders": true,
		"configuration":          e.config.Settings != nil,
		"didChangeConfiguration": map[string]any{"dynamicRegistration": true},
		"didChangeWatchedFiles":  map[string]any{"dynamicRegistration": true},
	}
	c := map[string]any{
		"workspace": workspace,
		"window":    map[string]any{"workDoneProgress": true},
		"textDocument": map[string]any{
			"codeAction": map[string]any{
				"codeActionLiteralSupport": map[string]any{"codeActionKind": map[string]any{"valueSet": []string{"quickfix", "refactor"}}},
				"tagSupport":               map[string]any{"valueSet": []int{1}},
			},
			"completion": map[string]any{"completionItem": map[string]any{"documentationFormat": []string{"markdown", "plaintext"}}},
		},
	}
	if e.config.Pull {
		c["textDocument"].(map[string]any)["diagnostic"] = map[string]any{}
		workspace["diagnostics"] = refresh
	}
	if e.config.Encoding != "" {
		c["general"] = map[string]any{"positionEncodings": []protocol.PositionEncodingKind{e.config.Encoding}}
	}
	return c
}

// Call makes a request and waits for the answer; when ctx ends first it sends
// $/cancelRequest, as editors do. It does not go through the server's own
// types on the way out, so params may be anything.
func (e *Editor) Call(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	var raw jsonrpc2.RawMessage
	if err := protocol.Call(ctx, e.Conn, method, plain(params), &raw); err != nil {
		return err
	}
	if result == nil || string(raw) == "null" {
		return nil
	}
	return protocol.Unmarshal(raw, result)
}

// Notify sends a notification.
func (e *Editor) Notify(method string, params any) error {
	return e.Conn.Notify(context.Background(), method, plain(params))
}

// plain is params as JSON: the protocol's own types through its codec.
func plain(params any) jsonrpc2.RawMessage {
	if raw, ok := params.(jsonrpc2.RawMessage); ok {
		return raw
	}
	raw, err := json.Marshal(params)
	if err != nil {
		panic("lsptest: parameters cannot be written: " + err.Error())
	}
	return raw
}

// Close says shutdown and exit, waits for the server to end, and reports what was left
// unexpected.
func (e *Editor) Close() error {
	var errs []error
	if err := e.Call(context.Background(), "shutdown", nil, nil); err != nil {
		errs = append(errs, fmt.Errorf("shutdown: %w", err))
	}
	if err := e.Conn.Notify(context.Background(), "exit", nil); err != nil {
		errs = append(errs, fmt.Errorf("exit: %w", err))
	}
	errs = append(errs, e.Wait())
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, u := range e.unexpected {
		errs = append(errs, fmt.Errorf("unexpected: %s", u))
	}
	for _, m := range e.messages {
		errs = append(errs, fmt.Errorf("unexpected message: %s", m))
	}
	return errors.Join(errs...)
}

// Vanish closes the connection without a word, and waits for the server to end.
func (e *Editor) Vanish() error {
	_ = e.stream.Close()
	return e.Wait()
}

// Wait waits for the server to end, and returns what Serve returned.
func (e *Editor) Wait() error {
	if e.served == nil {
		return nil
	}
	select {
	case err := <-e.served:
		e.cancel()
		_ = e.Conn.Close()
		return err
	case <-time.After(Timeout):
		return errors.New("the server did not end")
	}
}
