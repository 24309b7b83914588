package lsp_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// hello is what a client says first, and a file with a spec.
var hello = frame(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{},"initializationOptions":{"trusted":true,"notifications":true,"settings":{"idleDelay":0}}}}`) +
	frame(`{"jsonrpc":"2.0","method":"initialized","params":{}}`) +
	frame(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///w/a.py","languageId":"python","version":1,"text":"def f(x):\n    \n\nassert f(1) == 2\n"}}}`)

// play gives a server bytes and then the end of its input, and fails the test if it does
// not end in time. A panic ends the test by itself.
func play(t *testing.T, raw string) {
	s := &script{bodies: []string{"    return good(x)"}}
	ours, theirs := lsptest.Pipe()
	served := make(chan error, 1)
	go func() { served <- lsp.Serve(context.Background(), theirs, s.options(t)) }()
	go io.Copy(io.Discard, ours)
	_, _ = io.WriteString(ours, raw)
	// The server has taken the bytes in when it has answered what stands behind them, or
	// has given up; closing at once would leave them unread.
	time.AfterFunc(20*time.Millisecond, func() { ours.Close() })
	select {
	case <-served:
	case <-time.After(lsptest.Timeout):
		t.Fatal("the server did not end")
	}
}

// FuzzFrames: any bytes on the wire.
func FuzzFrames(f *testing.F) {
	f.Add(hello)
	f.Add("Content-Length: 2\r\n\r\n{}")
	f.Add("Content-Length: 5\r\nContent-Type: x\r\n\r\n[1,2]")
	f.Add(frame(`[{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}},{"jsonrpc":"2.0","method":"exit"}]`))
	f.Add(frame(`{"jsonrpc":"2.0","id":{},"method":5}`))
	f.Fuzz(func(t *testing.T, raw string) { play(t, raw) })
}

// FuzzParams: any JSON, or what is none, as the parameters of each method.
func FuzzParams(f *testing.F) {
	at := `"textDocument":{"uri":"file:///w/a.py"},"position":{"line":1,"character":4}`
	for i, params := range []string{
		`{` + at + `,"context":{"triggerKind":1}}`,
		`{"textDocument":{"uri":"file:///w/a.py","version":2},"contentChanges":[{"range":{"start":{"line":9,"character":9},"end":{"line":0,"character":0}},"text":"\ud800"},{"text":""}]}`,
		`{"command":"greenfill.complete","arguments":[{"uri":"file:///w/a.py","spec":"f","apply":true}]}`,
		`{"notebookDocument":{"uri":"file:///n","version":1},"change":{"cells":{"structure":{"array":{"start":4294967295,"deleteCount":4294967295}}}}}`,
		`{"settings":{"greenfill":{"samples":1e400,"idleDelay":-1,"trigger":[]}}}`,
		`null`, `[]`, `{"textDocument":null}`, ``,
	} {
		f.Add(uint8(i), params)
	}
	methods := lsp.Methods()
	f.Fuzz(func(t *testing.T, method uint8, params string) {
		name := methods[int(method)%len(methods)]
		play(t, hello+
			frame(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`, name, params))+
			frame(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, name, params)))
	})
}
