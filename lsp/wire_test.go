package lsp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// A wire speaks frames, well formed or not.
type wire struct {
	t      testing.TB
	stream io.ReadWriteCloser
	in     chan message
	early  map[string]message // answers that came before they were waited for
	served chan error
}

type message struct {
	ID     json.RawMessage
	Method string
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct {
		Code    int
		Message string
	}
}

// dial runs a server and says initialize and initialized.
func dial(t testing.TB, s *script) *wire {
	w := connect(t, s)
	w.send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{},"initializationOptions":{"trusted":true,"settings":{"idleDelay":0}}}}`)
	w.answer(0)
	w.send(`{"jsonrpc":"2.0","method":"initialized","params":{}}`)
	return w
}

// connect runs a server and says nothing yet.
func connect(t testing.TB, s *script) *wire {
	ours, theirs := lsptest.Pipe()
	w := &wire{t: t, stream: ours, in: make(chan message, 100_000), early: map[string]message{}, served: make(chan error, 1)}
	o := s.options(t)
	go func() { w.served <- lsp.Serve(context.Background(), theirs, o) }()
	go w.read()
	t.Cleanup(func() {
		ours.Close()
		select {
		case <-w.served:
		case <-time.After(lsptest.Timeout):
			t.Error("the server did not end with its input")
		}
	})
	return w
}

func (w *wire) read() {
	defer close(w.in)
	r := bufio.NewReader(w.stream)
	for {
		length := 0
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimSpace(line)
			if line == "" {
				break
			}
			if v, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				length, _ = strconv.Atoi(v)
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m message
		if json.Unmarshal(body, &m) == nil {
			w.in <- m
		}
	}
}

func frame(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

// send writes bodies as frames, all in one write.
func (w *wire) send(bodies ...string) {
	var b strings.Builder
	for _, body := range bodies {
		b.WriteString(frame(body))
	}
	_, _ = io.WriteString(w.stream, b.String())
}

// answer waits for the response to a request.
func (w *wire) answer(id int) message {
	w.t.Helper()
	if m, ok := w.early[strconv.Itoa(id)]; ok {
		return m
	}
	deadline := time.After(lsptest.Timeout)
	for {
		select {
		case m, open := <-w.in:
			if !open {
				w.t.Fatalf("the connection ended before request %d was answered", id)
			}
			if m.Method == "" && string(m.ID) == strconv.Itoa(id) {
				return m
			}
			if m.Method == "" {
				w.early[string(m.ID)] = m
			}
		case <-deadline:
			w.t.Fatalf("request %d was not answered", id)
		}
	}
}

// alive fails the test unless the server still answers.
func (w *wire) alive(id int) {
	w.t.Helper()
	w.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"greenfill/status"}`, id))
	if m := w.answer(id); m.Error != nil {
		w.t.Fatalf("status: %+v", m.Error)
	}
}

// TestBadMessagesCostThemselves sends what a client should not, and sees the server live on.
func TestBadMessagesCostThemselves(t *testing.T) {
	w := dial(t, &script{bodies: []string{"    return good(x)"}})
	id := 100
	for _, n := range []string{
		`{"jsonrpc":"2.0","method":"$/foo","params":{"a":1}}`,
		`{"jsonrpc":"2.0","method":"$/foo"}`,
		`{"jsonrpc":"2.0","method":"no/such"}`,
		`{"jsonrpc":"2.0","method":"initialized"}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":7}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange","params":[]}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange"}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///none.py","version":1},"contentChanges":[{"text":"x"}]}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":":::","languageId":"python","version":1,"text":""}}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didClose","params":{}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didSave","params":null}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":{}}}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":99999}}`,
		`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":"never seen"}}`,
		`{"jsonrpc":"2.0","method":"window/workDoneProgress/cancel","params":{"token":5}}`,
		`{"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":{"settings":[]}}`,
		`{"jsonrpc":"2.0","method":"notebookDocument/didChange","params":{"notebookDocument":{"uri":"file:///n.ipynb","version":1},"change":{"cells":{"structure":{"array":{"start":9,"deleteCount":9}}}}}}`,
		`{"jsonrpc":"2.0","method":"greenfill/trust","params":"yes"}`,
		`{"jsonrpc":"2.0","id":1,"result":null}`,
		`[]`,
	} {
		w.send(n)
		id++
		w.alive(id)
	}
}

// TestBadRequestsAreAnswered: with an error whose code says what is wrong.
func TestBadRequestsAreAnswered(t *testing.T) {
	w := dial(t, &script{bodies: []string{"    return good(x)"}})
	const methodNotFound, invalidParams, invalidRequest = -32601, -32602, -32600
	id := 100
	for _, c := range []struct {
		request string
		code    int
	}{
		{`"method":"no/such","params":{}`, methodNotFound},
		{`"method":"no/such"`, methodNotFound},
		{`"method":"textDocument/definition","params":{}`, methodNotFound},
		{`"method":"textDocument/inlineCompletion","params":{"textDocument":5}`, invalidParams},
		{`"method":"textDocument/inlineCompletion"`, invalidParams},
		{`"method":"textDocument/completion","params":[1]`, invalidParams},
		{`"method":"textDocument/codeAction","params":"x"`, invalidParams},
		{`"method":"workspace/executeCommand","params":{"command":"no.such"}`, methodNotFound},
		{`"method":"workspace/executeCommand","params":{"command":"greenfill.complete","arguments":["x"]}`, invalidParams},
		{`"method":"workspace/executeCommand","params":{"command":"greenfill.complete"}`, -32803},
		{`"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}`, invalidRequest},
	} {
		id++
		w.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,%s}`, id, c.request))
		m := w.answer(id)
		if m.Error == nil || m.Error.Code != c.code {
			t.Errorf("%s: answered %+v (%s), want code %d", c.request, m.Error, m.Result, c.code)
		}
		id++
		w.alive(id)
	}
}

// TestRequestsOfDocumentsNotOpen are answered with nothing.
func TestRequestsOfDocumentsNotOpen(t *testing.T) {
	w := dial(t, &script{bodies: []string{"    return good(x)"}})
	at := `"textDocument":{"uri":"file:///none.py"},"position":{"line":4,"character":7}`
	id := 100
	for request, want := range map[string]string{
		`"method":"textDocument/inlineCompletion","params":{` + at + `,"context":{"triggerKind":1}}`:                                                                      `{"items":[]}`,
		`"method":"textDocument/completion","params":{` + at + `}`:                                                                                                        `{"isIncomplete":false,"items":[]}`,
		`"method":"textDocument/hover","params":{` + at + `}`:                                                                                                             `null`,
		`"method":"textDocument/codeLens","params":{` + at + `}`:                                                                                                          `[]`,
		`"method":"textDocument/inlayHint","params":{` + at + `,"range":{"start":{"line":0,"character":0},"end":{"line":9,"character":0}}}`:                               `[]`,
		`"method":"textDocument/codeAction","params":{` + at + `,"range":{"start":{"line":0,"character":0},"end":{"line":9,"character":0}},"context":{"diagnostics":[]}}`: `[]`,
		`"method":"textDocument/diagnostic","params":{` + at + `}`:                                                                                                        `{"kind":"full","items":[]}`,
		`"method":"greenfill/specs","params":{` + at + `}`:                                                                                                                `[]`,
		`"method":"greenfill/candidates","params":{"uri":"file:///none.py","spec":"f"}`:                                                                                   `null`,
		`"method":"workspace/executeCommand","params":{"command":"greenfill.accept","arguments":[{"uri":"file:///none.py","spec":"f","key":"k","id":"1"}]}`:               `null`,
		`"method":"workspace/executeCommand","params":{"command":"greenfill.cancel"}`:                                                                                     `null`,
		`"method":"workspace/executeCommand","params":{"command":"greenfill.model.list"}`:                                                                                 `[]`,
	} {
		id++
		w.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,%s}`, id, request))
		m := w.answer(id)
		if m.Error != nil || string(m.Result) != want {
			t.Errorf("%s: answered %s %+v, want %s", request, m.Result, m.Error, want)
		}
	}
}

func TestLifecycle(t *testing.T) {
	s := &script{}
	w := connect(t, s)
	w.send(`{"jsonrpc":"2.0","id":1,"method":"greenfill/status"}`)
	if m := w.answer(1); m.Error == nil || m.Error.Code != -32002 {
		t.Errorf("before initialize: %+v", m)
	}
	w.send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{}}`, `{"jsonrpc":"2.0","id":2,"method":"initialize","params":7}`)
	if m := w.answer(2); m.Error == nil || m.Error.Code != -32602 {
		t.Errorf("initialize with a number: %+v", m)
	}
	// Capabilities that are new to us, and nulls where old clients put them, are no faults.
	w.send(`{"jsonrpc":"2.0","id":3,"method":"initialize","params":{"processId":null,"rootPath":null,"rootUri":null,"workspaceFolders":null,"trace":"off","unknown":1,"initializationOptions":null,"capabilities":{"experimental":{"x":[1]},"future":{"y":true},"general":{"positionEncodings":["utf-7","utf-8"]},"textDocument":{"inlineCompletion":{"dynamicRegistration":false,"new":1}}}}}`)
	m := w.answer(3)
	if m.Error != nil || !strings.Contains(string(m.Result), `"positionEncoding":"utf-8"`) {
		t.Errorf("initialize: %s %+v", m.Result, m.Error)
	}
	w.send(`{"jsonrpc":"2.0","id":4,"method":"shutdown"}`)
	if m := w.answer(4); m.Error != nil || string(m.Result) != "null" {
		t.Errorf("shutdown: %s %+v", m.Result, m.Error)
	}
	w.send(`{"jsonrpc":"2.0","id":5,"method":"greenfill/status"}`)
	if m := w.answer(5); m.Error == nil || m.Error.Code != -32600 {
		t.Errorf("after shutdown: %+v", m)
	}
	w.send(`{"jsonrpc":"2.0","method":"exit"}`)
	w.ended(nil)
}

// ended waits for the server to end with an error.
func (w *wire) ended(want error) {
	w.t.Helper()
	select {
	case err := <-w.served:
		w.served <- err // for the cleanup
		if !errors.Is(err, want) {
			w.t.Errorf("Serve returned %v, want %v", err, want)
		}
	case <-time.After(lsptest.Timeout):
		w.t.Fatal("the server did not end")
	}
}

func TestExitWithoutShutdown(t *testing.T) {
	w := dial(t, &script{})
	w.send(`{"jsonrpc":"2.0","method":"exit"}`)
	w.ended(lsp.ErrExit)
}

// TestBrokenFrames end the connection, and the server with it, without a panic.
func TestBrokenFrames(t *testing.T) {
	const cut = "Content-Length: 40\r\n\r\n{\"jsonrpc\":"
	for _, raw := range []string{
		"Content-Length: 9\r\n\r\nnot json!",
		"Content-Length: -1\r\n\r\n",
		"Content-Length: 99999999999999999999\r\n\r\n",
		"nonsense\r\n\r\n",
		cut,
		"\x00\xff\xfe",
		frame(`{"jsonrpc":"1.0","method":"x"}`),
	} {
		w := dial(t, &script{bodies: []string{"    return x"}, gate: make(chan struct{})})
		// A request that waits does not keep it.
		w.send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.py","languageId":"python","version":0,"text":"def f(x):\n    \n\nassert f(1)\n"}}}`,
			`{"jsonrpc":"2.0","id":1,"method":"textDocument/inlineCompletion","params":{"textDocument":{"uri":"file:///a.py"},"position":{"line":1,"character":4},"context":{"triggerKind":1}}}`)
		_, _ = io.WriteString(w.stream, raw)
		if raw == cut || !strings.Contains(raw, "\r\n") {
			w.stream.Close() // the rest never comes
		}
		w.ended(nil)
	}
}

// TestWireOrder: in one write, a change, a request, another change. The request is
// answered on the text between the two.
func TestWireOrder(t *testing.T) {
	w := dial(t, &script{bodies: []string{"    return good(x)"}})
	doc := func(version int) string {
		return fmt.Sprintf(`"textDocument":{"uri":"file:///a.py","version":%d}`, version)
	}
	change := func(version int, text string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{%s,"contentChanges":[{"text":%q}]}}`, doc(version), text)
	}
	spec := func(name string) string { return "def " + name + "(x):\n    \n\nassert " + name + "(1) == 2\n" }
	w.send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.py","languageId":"python","version":0,"text":""}}}`)
	const rounds = 200
	for i := range rounds {
		w.send(
			change(2*i+1, spec(fmt.Sprintf("f%d", i))),
			fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"greenfill/specs","params":{"textDocument":{"uri":"file:///a.py"}}}`, 1000+i),
			change(2*i+2, spec("other")),
		)
	}
	for i := range rounds {
		m := w.answer(1000 + i)
		var list []lsp.Results
		if err := json.Unmarshal(m.Result, &list); err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].Spec != fmt.Sprintf("f%d", i) || list[0].Version != int32(2*i+1) {
			t.Fatalf("request %d was answered on another text: %+v", i, list)
		}
	}
}

// TestBurst: 5,000 changes in a burst are applied in order.
func TestBurst(t *testing.T) {
	w := dial(t, &script{})
	w.send(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.py","languageId":"python","version":0,"text":"|"}}}`)
	var bodies []string
	for i := range 5000 {
		bodies = append(bodies, fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///a.py","version":%d},"contentChanges":[{"range":{"start":{"line":0,"character":%d},"end":{"line":0,"character":%d}},"text":%q}]}}`,
			i+1, i, i, strconv.Itoa(i%10)))
	}
	// What stands there in the end becomes a spec's name, so that the server says it.
	bodies = append(bodies, `{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///a.py","version":5001},"contentChanges":[{"range":{"start":{"line":0,"character":5000},"end":{"line":0,"character":5001}},"text":"(x):\n    \n\nassert 1\n"},{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"text":"def f"}]}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///a.py","version":5002},"contentChanges":[{"range":{"start":{"line":3,"character":7},"end":{"line":3,"character":8}},"text":"f`+strings.Repeat("0123456789", 500)+`(1) == 2"}]}}`)
	w.send(bodies...)
	w.send(`{"jsonrpc":"2.0","id":7,"method":"greenfill/specs","params":{"textDocument":{"uri":"file:///a.py"}}}`)
	m := w.answer(7)
	var list []lsp.Results
	if err := json.Unmarshal(m.Result, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Spec != "f"+strings.Repeat("0123456789", 500) || list[0].Version != 5002 {
		t.Fatalf("%d specs: %.80s", len(list), m.Result)
	}
}
