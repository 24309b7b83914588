package lsp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// open opens a text with a cursor mark.
func open(e *lsptest.Editor, path, marked string) (*lsptest.Buffer, int) {
	text, at := cursor(marked)
	return e.Open(path, text), at
}

// later runs a request in the background; wait returns what it came to.
func later(e *lsptest.Editor, ctx context.Context, b *lsptest.Buffer, at int) (wait func() ([]protocol.InlineCompletionItem, error)) {
	var items []protocol.InlineCompletionItem
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		items, err = e.Inline(ctx, b, at, automatic)
	}()
	return func() ([]protocol.InlineCompletionItem, error) {
		<-done
		return items, err
	}
}

func sampled(n int) func(lsp.Results) bool {
	return func(r lsp.Results) bool { return r.Samples >= n }
}

func inState(state lsp.JobState) func(lsp.Results) bool {
	return func(r lsp.Results) bool { return r.State == state }
}

func TestFirstVerifiedBodyAnswers(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return x", "    return good(x)", "    return good(x, 2)"}, gate: make(chan struct{})}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	wait := later(e, ctx, b, at)
	s.gate <- struct{}{} // a body that fails answers nothing
	_, err := e.AwaitResults("f", sampled(1))
	ok(t, err)
	s.gate <- struct{}{}
	items, err := wait()
	ok(t, err)
	if len(items) != 1 || items[0].Command.Title != "✓ 2/2 asserts · 1 of 2 samples" {
		t.Fatalf("items %+v", items)
	}
	// Sampling goes on; the next request has what there is, at once, and later all.
	s.gate <- struct{}{}
	_, err = e.AwaitResults("f", func(r lsp.Results) bool { return r.Completions == 2 })
	ok(t, err)
	items, err = e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 2 {
		t.Fatalf("%d items after the second body", len(items))
	}
}

func TestOneJobPerSpecAndAnswersAreKept(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}, gate: make(chan struct{})}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	waits := []func() ([]protocol.InlineCompletionItem, error){later(e, ctx, b, at)}
	_, err := e.AwaitStatus(lsp.StateSampling)
	ok(t, err)
	list, err := e.Complete(ctx, b, at) // a popup is answered at once, and joins
	ok(t, err)
	if !list.IsIncomplete || len(list.Items) != 0 {
		t.Errorf("completion while sampling: %+v", list)
	}
	close(s.gate)
	for _, w := range waits {
		items, err := w()
		ok(t, err)
		if len(items) != 1 {
			t.Errorf("%d items", len(items))
		}
	}
	_, err = e.AwaitResults("f", inState(lsp.JobDone))
	ok(t, err)
	// The same spec is answered from what is known: also after an edit elsewhere, after an
	// edit and back, and when the file is closed and opened again.
	e.Edit(b, len(e.Text(b)), len(e.Text(b)), "\n# the end\n")
	e.Replace(b, "plus one", "plus two")
	e.Replace(b, "plus two", "plus one")
	e.CloseFile(b)
	b, at = open(e, "/w/a.py", two)
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 {
		t.Errorf("%d items after reopening", len(items))
	}
	if jobs, _, _, _ := s.numbers(); jobs != 1 {
		t.Errorf("%d jobs", jobs)
	}
}

func TestANewerInlineRequestEndsTheOlder(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}, gate: make(chan struct{})}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	older := later(e, ctx, b, at)
	_, err := e.AwaitStatus(lsp.StateSampling)
	ok(t, err)
	newer := later(e, ctx, b, at)
	items, err := older()
	if err != nil || len(items) != 0 {
		t.Errorf("the older request got %d items and %v; it should get an empty list", len(items), err)
	}
	close(s.gate)
	items, err = newer()
	ok(t, err)
	if jobs, cancels, _, _ := s.numbers(); len(items) != 1 || jobs != 1 || cancels != 0 {
		t.Errorf("%d items, %d jobs, %d cancelled", len(items), jobs, cancels)
	}
}

// TestWhatEndsAJob: each thing that leaves nobody interested ends the sampling.
func TestWhatEndsAJob(t *testing.T) {
	for name, end := range map[string]func(e *lsptest.Editor, b *lsptest.Buffer, cancel func()){
		"cancelRequest":         func(_ *lsptest.Editor, _ *lsptest.Buffer, cancel func()) { cancel() },
		"close":                 func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) { e.CloseFile(b) },
		"edit of the check":     func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) { e.Replace(b, "f(1) == 2", "f(1) == 3") },
		"edit of the docstring": func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) { e.Replace(b, "plus one", "plus two") },
		"edit of the signature": func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) { e.Replace(b, "f(x)", "f(y)") },
		"other words typed": func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) {
			i := strings.Index(b.Text, "\n\nassert")
			e.Edit(b, i, i, "y = [")
		},
		"cancel command": func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) {
			_ = e.Execute(context.Background(), lsp.CommandCancel, nil)
		},
		"cancel command of the spec": func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) {
			_ = e.Execute(context.Background(), lsp.CommandCancel, nil, lsp.SpecReference{URI: b.URI, Spec: "f"})
		},
		"pause": func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) {
			_ = e.Execute(context.Background(), lsp.CommandPause, nil)
		},
		"distrust": func(e *lsptest.Editor, b *lsptest.Buffer, _ func()) { _ = e.Notify(lsp.MethodTrust, lsp.Trust{}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{bodies: []string{"    return x"}, gate: make(chan struct{})}
			e := edit(t, s, nil)
			b, at := open(e, "/w/a.py", two)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			wait := later(e, ctx, b, at)
			_, err := e.AwaitStatus(lsp.StateSampling)
			ok(t, err)
			end(e, b, cancel)
			items, err := wait()
			if len(items) != 0 || err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("the request got %d items and %v", len(items), err)
			}
			_, err = e.AwaitResults("f", inState(lsp.JobCancelled))
			ok(t, err)
			if _, cancels, _, _ := s.numbers(); cancels != 1 {
				t.Errorf("%d samplings cancelled", cancels)
			}
		})
	}
}

func TestEditsThatLeaveAJobAlone(t *testing.T) {
	s := &script{bodies: []string{"    return good(x)"}, gate: make(chan struct{})}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	wait := later(e, context.Background(), b, at)
	_, err := e.AwaitStatus(lsp.StateSampling)
	ok(t, err)
	e.Edit(b, 0, 0, "# a comment above\n")
	e.Edit(b, len(b.Text), len(b.Text), "\nprint(1)\n")
	i := strings.Index(b.Text, "\n\nassert")
	e.Edit(b, i, i, "  ") // white space in the hole
	e.Edit(b, i, i+2, "")
	if items, err := wait(); err == nil && len(items) > 0 {
		t.Error("a request was answered on a text that had moved on")
	}
	wait = later(e, context.Background(), b, at+len("# a comment above\n"))
	close(s.gate)
	items, err := wait()
	ok(t, err)
	if jobs, cancels, _, _ := s.numbers(); len(items) != 1 || jobs != 1 || cancels != 0 {
		t.Errorf("%d items, %d jobs, %d cancelled", len(items), jobs, cancels)
	}
}

func TestModes(t *testing.T) {
	ctx := context.Background()
	for _, mode := range []string{"manual", "save"} {
		t.Run(mode, func(t *testing.T) {
			s := &script{bodies: []string{"    return good(x)"}}
			e := edit(t, s, func(c *lsptest.Config) {
				c.Options = map[string]any{"trusted": true, "notifications": true, "settings": map[string]any{"trigger": mode, "idleDelay": 0}}
			})
			b, at := open(e, "/w/a.py", two)
			items, err := e.Inline(ctx, b, at, automatic)
			ok(t, err)
			list, err := e.Complete(ctx, b, at)
			ok(t, err)
			if jobs, _, _, _ := s.numbers(); len(items)+len(list.Items) != 0 || list.IsIncomplete || jobs != 0 {
				t.Fatalf("something was sampled without being asked for: %d items, %d jobs", len(items), jobs)
			}
			e.Save(b)
			if mode == "manual" {
				items, err = e.Inline(ctx, b, at, invoked)
				ok(t, err)
				if len(items) != 1 {
					t.Errorf("an invoked request got %d items", len(items))
				}
				return
			}
			_, err = e.AwaitResults("f", inState(lsp.JobDone))
			ok(t, err)
			items, err = e.Inline(ctx, b, at, automatic)
			ok(t, err)
			if len(items) != 1 {
				t.Errorf("%d items after saving", len(items))
			}
		})
	}
}

func TestIdleDelay(t *testing.T) {
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, func(c *lsptest.Config) {
		c.Options = map[string]any{"trusted": true, "notifications": true, "settings": map[string]any{"idleDelay": 150}}
	})
	b, at := open(e, "/w/a.py", two)
	began := time.Now()
	e.Edit(b, len(b.Text), len(b.Text), "#")
	items, err := e.Inline(context.Background(), b, at, automatic)
	ok(t, err)
	if took := time.Since(began); len(items) != 1 || took < 150*time.Millisecond {
		t.Errorf("%d items after %v", len(items), took)
	}
}

func TestNothingPassed(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return x", "    return x + 0", "    return x"}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 0 {
		t.Fatalf("a body that failed was served: %+v", items)
	}
	// What came to nothing is not tried again unless the user asks.
	_, err = e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if jobs, _, _, _ := s.numbers(); jobs != 1 {
		t.Errorf("%d jobs", jobs)
	}
	var why string
	ok(t, e.Execute(ctx, lsp.CommandExplain, &why, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	if want := "f: none of 16 samples passed\n16 × f(1) is 0, not 1"; why != want {
		t.Errorf("explanation %q, want %q", why, want)
	}
	ok(t, e.AwaitMessage("none of 16"))
	var r lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandMore, &r, map[string]any{"uri": b.URI, "spec": "f", "samples": 4}))
	if r.Samples != 20 || r.Planned != 20 || r.State != lsp.JobDone || r.Passed != 0 {
		t.Errorf("after more samples: %+v", r)
	}
}

func TestMoreSamplesAddUp(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)", "    return x"}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	first := items[0]
	_, err = e.AwaitResults("f", inState(lsp.JobDone))
	ok(t, err)
	s.say("    return good(x)", "    return good(x, 2)")
	ok(t, e.Execute(ctx, lsp.CommandMore, nil, map[string]any{"uri": b.URI, "spec": "f", "samples": 8}))
	items, err = e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 2 || items[0].InsertText != first.InsertText || !strings.HasSuffix(items[0].Command.Title, "of 24 samples") {
		t.Errorf("items after more samples: %+v", items)
	}
}

func TestPanel(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return x", "    return good(x)"}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	var c *lsp.Candidates
	ref := lsp.SpecReference{URI: b.URI, Position: ptr(lsptest.PositionOf(b.Text, at, e.Encoding))}
	ok(t, e.Call(ctx, lsp.MethodCandidates, ref, &c))
	if c == nil || len(c.Candidates) != 0 || c.Checks != 2 {
		t.Fatalf("before any job: %+v", c)
	}
	if jobs, _, _, _ := s.numbers(); jobs != 0 {
		t.Error("the panel started a job")
	}
	ok(t, e.Execute(ctx, lsp.CommandComplete, nil, ref))
	c = nil
	ok(t, e.Call(ctx, lsp.MethodCandidates, ref, &c))
	if len(c.Candidates) != 2 || !c.Candidates[0].Verified || c.Candidates[1].Verified {
		t.Fatalf("candidates %+v", c)
	}
	if v := c.Candidates[1].Verdict; v.Status != "assertFailed" || v.Actual != "0" || v.Expected != "1" || v.Line != 5 {
		t.Errorf("verdict of the one that failed: %+v", v)
	}
	// Only a verified one can be applied.
	if err := e.Execute(ctx, lsp.CommandApply, nil, map[string]any{"uri": b.URI, "spec": "f", "id": c.Candidates[1].ID}); err == nil {
		t.Error("a body that failed was applied")
	}
	ok(t, e.Execute(ctx, lsp.CommandApply, nil, map[string]any{"uri": b.URI, "spec": "f", "id": c.Candidates[0].ID}))
	if !strings.Contains(e.Text(b), "\n    return good(x)\n") {
		t.Errorf("after applying:\n%s", e.Text(b))
	}
	var list []lsp.Results
	ok(t, e.Call(ctx, lsp.MethodSpecs, map[string]any{"textDocument": map[string]any{"uri": b.URI}}, &list))
	if len(list) != 0 {
		t.Errorf("specs of a file without unwritten functions: %+v", list)
	}
}

func TestCompleteCommandAppliesAndReports(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, nil)
	b := e.Open("/w/a.py", "def f(x):\n    pass\n\nassert f(1) == 2\n")
	ok(t, e.Call(ctx, "workspace/executeCommand", map[string]any{"command": lsp.CommandComplete, "workDoneToken": "mine",
		"arguments": []any{map[string]any{"uri": b.URI, "spec": "f", "apply": true}}}, nil))
	if got, want := e.Text(b), "def f(x):\n    return good(x)\n\nassert f(1) == 2\n"; got != want {
		t.Errorf("after the command:\n%s", got)
	}
	said, err := e.AwaitProgress("mine")
	ok(t, err)
	if said[0] != "begin Greenfill: f" || said[len(said)-1] != "end ✓ 1/1 assert · 16 of 16 samples" {
		t.Errorf("progress %q", said)
	}
}

func TestCommandsSayWhyNot(t *testing.T) {
	ctx := context.Background()
	e := edit(t, &script{bodies: []string{"    return x"}}, nil)
	b := e.Open("/w/a.py", "def f(x):\n    pass\n\ndef g(x):\n    return 1\n\ndef h(x):\n    pass\n\nassert g(1) == 1\nassert h(1) == 2\n")
	ref := func(spec string) map[string]any { return map[string]any{"uri": b.URI, "spec": spec, "apply": true} }
	for spec, want := range map[string]string{
		"f": "f has no checks", "g": "g is written already", "h": "h: none of 16 samples passed", "none": "no function with checks",
	} {
		if err := e.Execute(ctx, lsp.CommandComplete, nil, ref(spec)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		}
	}
}

func TestOnlySpecsWithChecksAreSampled(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, nil)
	for _, marked := range []string{
		"def f(x):\n    |\n",                                   // no checks
		"def f(x):\n    return 1\n|\nassert f(1) == 1\n",       // written
		"def f(x):\n    \n\nassert f(1) == 2\n\nprint(1)|\n",   // not in the function
		"def f(x):\n    \n\ndef g(x):\n    |\n\nassert f(1)\n", // another's check
		"|def f(x):\n    \n\nassert f(1) == 2\n",               // before the body
	} {
		b, at := open(e, "/w/a.py", marked)
		items, err := e.Inline(ctx, b, at, automatic)
		ok(t, err)
		list, err := e.Complete(ctx, b, at)
		ok(t, err)
		if jobs, _, _, _ := s.numbers(); len(items)+len(list.Items)+jobs != 0 {
			t.Errorf("%q: %d items, %d jobs", marked, len(items), jobs)
		}
		e.CloseFile(b)
	}
}

func TestStaleVersionsGetNothing(t *testing.T) {
	ctx := context.Background()
	e := edit(t, &script{bodies: []string{"    return good(x)"}}, nil)
	b, at := open(e, "/w/a.py", two)
	_, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	for version, want := range map[int]int{1: 1, 0: 0, 2: 0} {
		var list protocol.InlineCompletionList
		ok(t, e.Call(ctx, "textDocument/inlineCompletion", map[string]any{
			"textDocument": map[string]any{"uri": b.URI, "version": version},
			"position":     lsptest.PositionOf(b.Text, at, e.Encoding),
			"context":      map[string]any{"triggerKind": 2},
		}, &list))
		if len(list.Items) != want {
			t.Errorf("version %d: %d items, want %d", version, len(list.Items), want)
		}
	}
}

func TestPopupAndGhostTextAgree(t *testing.T) {
	ctx := context.Background()
	e := edit(t, &script{bodies: []string{"    return good(x)"}}, nil)
	b, at := open(e, "/w/a.py", two)
	_, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	e.Edit(b, at, at, "re")
	for text, want := range map[string]string{"return": "return good(x)", "raise": ""} {
		var list protocol.InlineCompletionList
		ok(t, e.Call(ctx, "textDocument/inlineCompletion", map[string]any{
			"textDocument": map[string]any{"uri": b.URI},
			"position":     lsptest.PositionOf(b.Text, at+2, e.Encoding),
			"context": map[string]any{"triggerKind": 2, "selectedCompletionInfo": map[string]any{
				"text":  text,
				"range": protocol.Range{Start: lsptest.PositionOf(b.Text, at, e.Encoding), End: lsptest.PositionOf(b.Text, at+2, e.Encoding)},
			}},
		}, &list))
		got := ""
		if len(list.Items) > 0 {
			got = string(list.Items[0].InsertText.(protocol.String))
		}
		if got != want {
			t.Errorf("with %q selected: %q, want %q", text, got, want)
		}
	}
}

// TestRandomCancels makes requests and cancels them at random moments. No job is stuck
// afterwards, and the server still serves.
func TestRandomCancels(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 1000
	}
	ctx := context.Background()
	s := &script{bodies: []string{"    return x"}, gate: make(chan struct{})}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	r := rand.New(rand.NewPCG(1, 2))
	methods := []func(context.Context){
		func(ctx context.Context) { _, _ = e.Inline(ctx, b, at, automatic) },
		func(ctx context.Context) { _, _ = e.Inline(ctx, b, at, invoked) },
		func(ctx context.Context) { _, _ = e.Complete(ctx, b, at) },
		func(ctx context.Context) { _, _ = e.Lenses(ctx, b) },
		func(ctx context.Context) {
			_ = e.Execute(ctx, lsp.CommandComplete, nil, lsp.SpecReference{URI: b.URI, Spec: "f"})
		},
		func(ctx context.Context) {
			_ = e.Execute(ctx, lsp.CommandMore, nil, lsp.SpecReference{URI: b.URI, Spec: "f"})
		},
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, 50)
	for range n {
		slots <- struct{}{}
		ctx, cancel := context.WithCancel(ctx)
		do, after := methods[r.IntN(len(methods))], time.Duration(r.IntN(300))*time.Microsecond
		running.Go(func() {
			do(ctx)
			<-slots
		})
		time.AfterFunc(after, cancel)
		if r.IntN(100) == 0 {
			select {
			case s.gate <- struct{}{}:
			default:
			}
		}
	}
	running.Wait()
	e.CloseFile(b) // nobody is interested any more
	_, err := e.AwaitStatus(lsp.StateReady)
	ok(t, err)
	close(s.gate)
	s.say("    return good(y)")
	b, at = open(e, "/w/b.py", strings.ReplaceAll(two, "x", "y"))
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 {
		t.Errorf("%d items afterwards", len(items))
	}
}

// TestClientVanishes in the middle of requests and jobs: the server ends, and with it
// everything it had begun (TestMain looks for goroutines left behind).
func TestClientVanishes(t *testing.T) {
	for i := range 20 {
		s := &script{bodies: []string{"    return x"}, gate: make(chan struct{})}
		c := lsptest.Config{Options: quick(), ServerOpts: s.options(t)}
		e, err := lsptest.Start(context.Background(), c)
		ok(t, err)
		b, at := open(e, "/w/a.py", two)
		wait := later(e, context.Background(), b, at)
		if i%2 == 0 {
			_, err = e.AwaitStatus(lsp.StateSampling)
			ok(t, err)
		}
		ok(t, e.Vanish())
		if _, err := wait(); err == nil {
			t.Error("a request was answered though the client had gone")
		}
		if jobs, cancels, _, _ := s.numbers(); jobs != cancels {
			t.Errorf("%d samplings, %d cancelled", jobs, cancels)
		}
	}
}

// TestPanicCostsTheRequest: the model's, here.
func TestPanicCostsTheRequest(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, func(c *lsptest.Config) {
		c.ServerOpts.Doctor = func(context.Context) []lsp.Finding { panic("no") }
	})
	err := e.Call(ctx, lsp.MethodDoctor, nil, nil)
	var rpc *jsonrpc2.Error
	if !errors.As(err, &rpc) || rpc.Code != -32603 {
		t.Errorf("doctor: %v", err)
	}
	b, at := open(e, "/w/a.py", two)
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 {
		t.Errorf("%d items after a panic", len(items))
	}
}

// TestClosedBehindARequest: a request whose file is closed right behind it leaves no job,
// whenever it gets its turn.
func TestClosedBehindARequest(t *testing.T) {
	s := &script{bodies: []string{"    return x"}, gate: make(chan struct{})} // which nobody opens
	w := dial(t, s)
	const rounds = 300
	for i := range rounds {
		u := fmt.Sprintf("file:///w/f%d.py", i)
		w.send(
			fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":%q,"languageId":"python","version":1,"text":%q}}}`, u, two),
			fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"textDocument/completion","params":{"textDocument":{"uri":%q},"position":{"line":2,"character":4}}}`, 1000+i, u),
			fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didClose","params":{"textDocument":{"uri":%q}}}`, u),
		)
	}
	for i := range rounds {
		w.answer(1000 + i)
	}
	var st lsp.Status
	for end := time.Now().Add(lsptest.Timeout); st.State != lsp.StateReady && time.Now().Before(end); {
		w.send(`{"jsonrpc":"2.0","id":1,"method":"greenfill/status"}`)
		ok(t, json.Unmarshal(w.answer(1).Result, &st))
	}
	if st.State != lsp.StateReady {
		t.Errorf("a job goes on: %+v", st)
	}
}
