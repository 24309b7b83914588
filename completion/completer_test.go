package completion

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/tools/txtar"

	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/parser"
)

var update = flag.Bool("update", false, "rewrite the expected answers in testdata")

func TestMain(m *testing.M) {
	sandbox.Main() // in a sandboxed child this does not return
	flag.Parse()
	// The sandbox keeps a thread for as long as the process lives, from its first run on.
	if r, err := sandbox.New(sandbox.Options{}); err == nil {
		r.Run(context.Background(), sandbox.Program{Function: "f", Candidate: sandbox.Fragment{Line: 1, Text: "def f(): pass"},
			Checks: []sandbox.Check{{Line: 2, Code: "assert f() is None"}}})
		r.Close()
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

// script is a Sampler that says what it is told to, and a Runner that judges by rules.
// samples are the texts; a rule is "WORDS => STATUS PASSED/TOTAL MESSAGE": it speaks of
// the candidates that contain the words, and the first that fits decides.
type script struct {
	samples []string
	rules   []rule
	// drawn, if set, is called before each sample and may wait.
	drawn func(ctx context.Context, i int) error

	mu       sync.Mutex
	requests []engine.Request
	programs []sandbox.Program
}

type rule struct {
	words   string
	verdict sandbox.Verdict
}

func (s *script) Sample(ctx context.Context, req engine.Request, yield func(engine.Sample) bool) (engine.Stats, error) {
	s.mu.Lock()
	s.requests = append(s.requests, req)
	s.mu.Unlock()
	if req.Started != nil {
		req.Started(100)
	}
	stats := engine.Stats{PromptTokens: 100}
	for i, text := range s.samples[:min(len(s.samples), req.Samples)] {
		if s.drawn != nil {
			if err := s.drawn(ctx, i); err != nil {
				return stats, err
			}
		}
		if ctx.Err() != nil {
			return stats, ctx.Err()
		}
		if keep, stop := req.Stop(text); stop {
			text = text[:keep]
		}
		stats.Tokens += len(text)
		if !yield(engine.Sample{Index: i, Text: text, LogProb: -float64(len(text)), Reason: engine.StopCaller}) {
			break
		}
	}
	return stats, nil
}

func (s *script) Run(ctx context.Context, p sandbox.Program) sandbox.Verdict {
	s.mu.Lock()
	s.programs = append(s.programs, p)
	s.mu.Unlock()
	text := p.Candidate.Text
	for _, f := range p.Prelude {
		text += "\n" + f.Text
	}
	for _, r := range s.rules {
		if strings.Contains(text, r.words) {
			return r.verdict
		}
	}
	return sandbox.Verdict{Status: sandbox.AssertFailed, Total: len(p.Checks)}
}

// parseRules reads the rules of a test file.
func parseRules(t *testing.T, text string) []rule {
	t.Helper()
	var rules []rule
	for line := range strings.Lines(text) {
		words, what, ok := strings.Cut(strings.TrimSpace(line), " => ")
		fields := strings.SplitN(what, " ", 3)
		if !ok || len(fields) < 2 {
			t.Fatalf("no rule: %q", line)
		}
		v := sandbox.Verdict{}
		for status, name := range StatusNames {
			if name == fields[0] {
				v.Status = status
			}
		}
		passed, total, _ := strings.Cut(fields[1], "/")
		v.Passed, _ = strconv.Atoi(passed)
		v.Total, _ = strconv.Atoi(total)
		if len(fields) == 3 {
			v.Message = fields[2]
			v.ErrorType, _, _ = strings.Cut(v.Message, ":")
		}
		if v.Status == sandbox.Invalid {
			t.Fatalf("no status: %q", line)
		}
		rules = append(rules, rule{words, v})
	}
	return rules
}

// TestComplete runs the files of testdata: file.py, samples (parted by lines of "---"),
// rules, and the expected answer. -update rewrites the answers.
func TestComplete(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no test files", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := answer(t, ar)
			want := section(ar, "answer")
			if *update {
				setSection(ar, "answer", got)
				if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}

func answer(t *testing.T, ar *txtar.Archive) string {
	source := strings.ReplaceAll(section(ar, "file.py"), "␍", "\r")
	file := parser.Parse([]byte(source))
	specs := file.Specs()
	if len(specs) == 0 {
		t.Fatal("the parser finds no unwritten function")
	}
	s := &script{rules: parseRules(t, section(ar, "rules"))}
	if text := section(ar, "samples"); text != "" {
		s.samples = strings.Split(strings.TrimSuffix(text, "---\n"), "---\n")
	}
	c := New(s, s, Options{Workers: 1})
	r, err := c.Complete(t.Context(), Job{Spec: specs[0], Sampling: DefaultSampling()}, nil)

	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	fmt.Fprintf(&b, "%d samples, %d runs\n", r.Samples, len(s.programs))
	for i, p := range r.Completions {
		fmt.Fprintf(&b, "\npassed, %d agree, %d/%d:\n", p.Agreeing(), p.Verdict().Passed, p.Verdict().Total)
		if i == 0 {
			b.Write(p.Fill(parser.Parse([]byte(source)), specs[0])) // the whole file, once
		} else {
			b.WriteString(p.Body() + "\n")
		}
	}
	for _, c := range r.Candidates {
		if c.Verdict.Status != sandbox.Passed {
			fmt.Fprintf(&b, "\n%s %d/%d, drawn as %v:\n%s\n", StatusNames[c.Verdict.Status], c.Verdict.Passed, c.Verdict.Total, c.Drawn, c.Body)
		}
	}
	return strings.ReplaceAll(b.String(), "\r", "␍")
}

func section(ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setSection(ar *txtar.Archive, name, text string) {
	for i := range ar.Files {
		if ar.Files[i].Name == name {
			ar.Files[i].Data = []byte(text)
			return
		}
	}
	ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(text)})
}

const double = `def double(n):
    """Twice n."""


assert double(2) == 4
`

func doubleJob(t *testing.T) Job {
	t.Helper()
	specs := parser.Parse([]byte(double)).Specs()
	if len(specs) != 1 {
		t.Fatal("the parser finds no unwritten function")
	}
	return Job{Spec: specs[0], Sampling: DefaultSampling()}
}

func passing(words string) []rule {
	return []rule{{words, sandbox.Verdict{Status: sandbox.Passed, Passed: 1, Total: 1}}}
}

// A second job of the same kind is answered without sampling, also when the function has
// moved in its file; another seed or another assert is another job.
func TestCache(t *testing.T) {
	s := &script{samples: []string{"    return n * 2\n"}, rules: passing("n * 2")}
	c := New(s, s, Options{})
	job := doubleJob(t)
	if _, ok := c.Lookup(job); ok {
		t.Error("an answer before any job")
	}
	first, err := c.Complete(t.Context(), job, nil)
	if err != nil || len(first.Completions) != 1 {
		t.Fatal(first, err)
	}
	moved := job
	moved.Spec = parser.Parse([]byte("\n\n\n" + double)).Specs()[0]
	again, ok := c.Lookup(moved)
	if !ok || len(again.Completions) != 1 || again.Spec != moved.Spec {
		t.Fatal("the moved function is not known")
	}
	if _, err := c.Complete(t.Context(), moved, nil); err != nil || len(s.requests) != 1 {
		t.Errorf("%d requests, want 1", len(s.requests))
	}
	other := job
	other.Sampling.Seed++
	if _, ok := c.Lookup(other); ok {
		t.Error("another seed has the same answer")
	}
	other = job
	other.Spec = parser.Parse([]byte(strings.Replace(double, "== 4", "== 5", 1))).Specs()[0]
	if _, ok := c.Lookup(other); ok {
		t.Error("another assert has the same answer")
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(2)
	for _, k := range []string{"a", "b"} {
		c.put(k, &Result{})
	}
	c.get("a")
	c.put("c", &Result{})
	if _, ok := c.get("b"); ok {
		t.Error("the entry used last but one was not dropped")
	}
	for _, k := range []string{"a", "c"} {
		if _, ok := c.get(k); !ok {
			t.Errorf("%s was dropped", k)
		}
	}
}

// A job that is cancelled returns what it has, at once, and is not remembered.
func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &script{samples: []string{"    return n * 2\n", "    return n + n\n"}, rules: passing("n * 2")}
	verified := make(chan struct{})
	s.drawn = func(ctx context.Context, i int) error {
		if i == 1 {
			<-verified
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	c := New(s, s, Options{})
	job := doubleJob(t)
	r, err := c.Complete(ctx, job, func(e Event) {
		if e.Stage == StageVerified {
			close(verified)
		}
	})
	if !errors.Is(err, context.Canceled) || len(r.Completions) != 1 {
		t.Errorf("%d completions, error %v", len(r.Completions), err)
	}
	if _, ok := c.Lookup(job); ok {
		t.Error("a cancelled job is remembered")
	}
}

// Enough distinct passes, or the time, stop the sampling; neither is an error.
func TestBudget(t *testing.T) {
	endless := func(ctx context.Context, i int) error {
		if i == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	for name, budget := range map[string]Budget{"distinct": {Distinct: 1}, "time": {Time: 50 * time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			s := &script{samples: []string{"    return n * 2\n", "    return 4\n"}, rules: passing("n * 2"), drawn: endless}
			job := doubleJob(t)
			job.Budget = budget
			r, err := New(s, s, Options{}).Complete(t.Context(), job, nil)
			if err != nil || len(r.Completions) != 1 || r.Samples != 1 {
				t.Errorf("%+v, error %v", r, err)
			}
		})
	}
}

// What blocks every body stops the job before the model has written any.
func TestObstacle(t *testing.T) {
	for _, status := range []sandbox.Status{sandbox.SandboxUnavailable, sandbox.PreludeFailed, sandbox.CheckInvalid} {
		s := &script{
			samples: []string{"    return n * 2\n"},
			rules:   []rule{{"", sandbox.Verdict{Status: status, Message: "why"}}},
			drawn:   func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() },
		}
		r, err := New(s, s, Options{}).Complete(t.Context(), doubleJob(t), nil)
		var o *Obstacle
		if !errors.As(err, &o) || o.Verdict.Status != status || !strings.Contains(err.Error(), "why") || len(r.Completions) != 0 {
			t.Errorf("%v: error %v, %d completions", StatusNames[status], err, len(r.Completions))
		}
	}
}

// A sampler's own error is passed on.
func TestSamplerFails(t *testing.T) {
	broken := errors.New("no memory")
	s := &script{samples: []string{""}, drawn: func(context.Context, int) error { return broken }}
	if _, err := New(s, s, Options{}).Complete(t.Context(), doubleJob(t), nil); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// A spec without checks, or none at all, draws nothing.
func TestNothingToHold(t *testing.T) {
	s := &script{samples: []string{"    return n * 2\n"}, rules: passing("")}
	c := New(s, s, Options{})
	bare := parser.Parse([]byte("def double(n):\n    pass\n"))
	for _, job := range []Job{{File: bare, Offset: 20}, {Spec: bare.Specs()[0]}, {File: parser.Parse(nil)}} {
		r, err := c.Complete(t.Context(), job, nil)
		if err != nil || len(r.Completions) != 0 {
			t.Errorf("%+v, error %v", r, err)
		}
	}
	if done, v := c.Verify(t.Context(), bare.Specs()[0], "    return n * 2", Workspace{}); done != nil || v.Status != sandbox.Vacuous {
		t.Errorf("verified without checks: %v", v)
	}
	if len(s.requests)+len(s.programs) != 0 {
		t.Error("something was drawn or run")
	}
}

// At temperature 0 all samples are the same: one is drawn.
func TestGreedyDrawsOne(t *testing.T) {
	s := &script{samples: []string{"    return n * 2\n", "    return n * 2\n"}, rules: passing("n * 2")}
	job := doubleJob(t)
	job.Sampling.Temperature = 0
	if r, err := New(s, s, Options{}).Complete(t.Context(), job, nil); err != nil || r.Samples != 1 {
		t.Errorf("%+v, error %v", r, err)
	}
}

// A written function is run as it stands, also when its class has functions that are
// still unwritten.
func TestCheck(t *testing.T) {
	source := "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n\n\nassert A().f() == 1\n"
	s := &script{rules: passing("return 1")}
	spec := parser.Parse([]byte(source)).Functions()[0]
	if v := New(nil, s, Options{}).Check(t.Context(), spec, Workspace{}); v.Status != sandbox.Passed {
		t.Errorf("%v", v)
	}
	want := "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        raise NotImplementedError"
	if diff := cmp.Diff(want, strings.TrimSpace(s.programs[0].Candidate.Text)); diff != "" {
		t.Error(diff)
	}
}
