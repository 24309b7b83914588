package lsptest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"go.lsp.dev/protocol"

	"greenfill/completion"
	"greenfill/lsp"
	"greenfill/parser"
)

// A Row is one measurement: how long something took, many times.
type Row struct {
	Name     string
	Times    int
	P50, P99 time.Duration
	Max      time.Duration
	Bound    time.Duration // what the 99th percentile must stay under; 0 means none
}

// OK says whether the bound is kept.
func (r Row) OK() bool { return r.Bound == 0 || r.P99 < r.Bound }

func row(name string, bound time.Duration, took []time.Duration) Row {
	slices.Sort(took)
	n := len(took)
	return Row{Name: name, Times: n, P50: took[n/2], P99: took[min(n*99/100, n-1)], Max: took[n-1], Bound: bound}
}

// LongFile is a Python file of at least so many lines, all of functions still to be
// written, each with a docstring and a check. The last function is easy.
func LongFile(lines int) string {
	var b strings.Builder
	for i := 0; i < lines-7; i += 7 {
		fmt.Fprintf(&b, "def f%d(x):\n    \"\"\"Return x and %d, 한국어 😀.\"\"\"\n    \n\nassert f%d(1) == %d\n\n\n", i, i, i, i+1)
	}
	b.WriteString("def last(x):\n    \"\"\"Return x plus one.\"\"\"\n    \n\nassert last(1) == 2\nassert last(2) == 3\n")
	return b.String()
}

// A Load is how much [Bench] does.
type Load struct {
	Lines   int // of the file
	Times   int // each measurement
	Seconds int // of typing, 200 changes each
}

// FullLoad is the one whose bounds count.
var FullLoad = Load{Lines: 10_000, Times: 1000, Seconds: 60}

// Bench measures a server on a long file, as an editor sees it: over the wire, in this
// process. The options' model must find a body for "return x plus one" (a scripted one
// will do: nothing of the model is measured).
func Bench(ctx context.Context, o lsp.Options, load Load) ([]Row, error) {
	e, err := Start(ctx, Config{ServerOpts: o, Options: map[string]any{
		"trusted": true, "settings": map[string]any{"maxLoad": 0, "onBattery": "sample"}}})
	if err != nil {
		return nil, err
	}
	b := e.Open("/bench/long.py", LongFile(load.Lines))
	var rows []Row
	for _, measure := range []func(context.Context, *Editor, *Buffer, Load) ([]Row, error){benchChanges, benchTree, benchCached, benchTyping} {
		r, err := measure(ctx, e, b, load)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, e.Close()
}

// typed is a random keystroke in a docstring of the file: a digit typed, over another one
// or before it, or one taken away.
func typed(r *rand.Rand, text string) (start, end int, insert string) {
	for end == 0 {
		if i := r.IntN(len(text)); strings.Contains(text[i:], "x and ") {
			start = i + strings.Index(text[i:], "x and ") + len("x and ")
			end = start
		}
	}
	kind := r.IntN(3)
	if kind > 0 && text[start] >= '0' && text[start] <= '9' {
		end++
	}
	if kind < 2 || end == start {
		insert = string(rune('0' + r.IntN(10)))
	}
	return start, end, insert
}

// benchChanges: from writing a change until a request behind it is answered.
func benchChanges(ctx context.Context, e *Editor, b *Buffer, load Load) ([]Row, error) {
	r := rand.New(rand.NewPCG(1, 1))
	var took []time.Duration
	for range load.Times {
		start, end, text := typed(r, e.Text(b))
		params := e.edited(b, start, end, text)
		began := time.Now()
		if err := e.Notify("textDocument/didChange", params); err != nil {
			return nil, err
		}
		if err := e.Call(ctx, lsp.MethodStatus, nil, nil); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	return []Row{row("change applied, and a request behind it answered", 2*time.Millisecond, took)}, nil
}

// benchTree: from a change until the tree is there again, and the list of functions.
func benchTree(_ context.Context, e *Editor, b *Buffer, load Load) ([]Row, error) {
	r := rand.New(rand.NewPCG(2, 2))
	doc := lsp.NewDocument(b.URI, 1, e.Text(b), protocol.PositionEncodingKindUTF16)
	began := time.Now()
	doc.File().SpecAt(0)
	whole := []time.Duration{time.Since(began)}
	var tree, outline []time.Duration
	for v := range int32(load.Times) {
		start, end, text := typed(r, doc.Text)
		doc = doc.Apply(v+2, []protocol.TextDocumentContentChangeEvent{&protocol.TextDocumentContentChangePartial{
			Range: protocol.Range{Start: PositionOf(doc.Text, start, e.Encoding), End: PositionOf(doc.Text, end, e.Encoding)},
			Text:  text,
		}})
		began := time.Now()
		doc.File().SpecAt(start)
		tree = append(tree, time.Since(began))
		if v%200 == 0 { // it takes so long that fewer must do
			began = time.Now()
			doc.Functions()
			outline = append(outline, time.Since(began))
		}
	}
	return []Row{
		row("first tree of the file", 0, whole),
		row("tree and spec after a change", 10*time.Millisecond, tree),
		row("list of all functions after a change", 0, outline),
	}, nil
}

// benchCached: a completion that is known already.
func benchCached(ctx context.Context, e *Editor, b *Buffer, load Load) ([]Row, error) {
	atEnd := func() int { return strings.LastIndex(e.Text(b), "\n\nassert last(1)") }
	if err := e.Execute(ctx, lsp.CommandComplete, nil, lsp.SpecReference{URI: b.URI, Spec: "last"}); err != nil {
		return nil, fmt.Errorf("completing the last function: %w", err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	var inline, popup, moved []time.Duration
	for range load.Times {
		for _, m := range []struct {
			took *[]time.Duration
			edit bool
			ask  func(at int) (int, error)
		}{
			{&inline, false, func(at int) (int, error) {
				items, err := e.Inline(ctx, b, at, protocol.InlineCompletionTriggerKindAutomatic)
				return len(items), err
			}},
			{&popup, false, func(at int) (int, error) {
				list, err := e.Complete(ctx, b, at)
				return len(list.Items), err
			}},
			{&moved, true, func(at int) (int, error) {
				items, err := e.Inline(ctx, b, at, protocol.InlineCompletionTriggerKindAutomatic)
				return len(items), err
			}},
		} {
			at := atEnd()
			var change map[string]any
			if m.edit {
				start, end, text := typed(r, e.Text(b))
				change = e.edited(b, start, end, text)
				at = atEnd()
			}
			began := time.Now()
			if change != nil {
				if err := e.Notify("textDocument/didChange", change); err != nil {
					return nil, err
				}
			}
			n, err := m.ask(at)
			*m.took = append(*m.took, time.Since(began))
			if err != nil || n == 0 {
				return nil, fmt.Errorf("a known completion was not answered: %d items, %w", n, err)
			}
		}
	}
	return []Row{
		row("cached inline completion", 5*time.Millisecond, inline),
		row("cached completion", 5*time.Millisecond, popup),
		row("cached inline completion behind a change", 0, moved),
	}, nil
}

// benchTyping makes 200 changes a second, and compares what the server has in the end
// with what the editor has.
func benchTyping(ctx context.Context, e *Editor, b *Buffer, load Load) ([]Row, error) {
	r := rand.New(rand.NewPCG(4, 4))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var took []time.Duration
	for range 200 * load.Seconds {
		<-tick.C
		start, end, text := typed(r, e.Text(b))
		params := e.edited(b, start, end, text)
		began := time.Now()
		if err := e.Notify("textDocument/didChange", params); err != nil {
			return nil, err
		}
		took = append(took, time.Since(began))
	}
	var got []lsp.Results
	if err := e.Call(ctx, lsp.MethodSpecs, map[string]any{"textDocument": map[string]any{"uri": b.URI}}, &got); err != nil {
		return nil, err
	}
	if err := sameSpecs(got, e.Text(b), b.Version, e.Encoding); err != nil {
		return nil, fmt.Errorf("after %d changes: %w", 200*load.Seconds, err)
	}
	return []Row{row(fmt.Sprintf("200 changes a second for %d s, none lost or reordered", load.Seconds), 0, took)}, nil
}

// sameSpecs compares what a server says of a document with what is so.
func sameSpecs(got []lsp.Results, text string, version int32, encoding protocol.PositionEncodingKind) error {
	m := lsp.NewMapper(text, encoding)
	i := 0
	for _, fn := range completion.Outline(parser.Parse([]byte(text))) {
		if fn.Written || len(fn.Checks) == 0 {
			continue
		}
		if i == len(got) {
			return fmt.Errorf("the server knows %d specs and not %s", i, fn.Spec.QualifiedName)
		}
		if g := got[i]; g.Key != fn.Key || g.Version != version || g.Range != m.SpanRange(fn.Spec.Def) {
			return fmt.Errorf("the server's %s differs from %s (version %d, the editor's is %d)", g.Spec, fn.Spec.QualifiedName, g.Version, version)
		}
		i++
	}
	if i != len(got) {
		return fmt.Errorf("the server knows %d specs, the editor %d", len(got), i)
	}
	return nil
}
