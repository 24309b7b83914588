package lsp_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"greenfill/completion"
	"greenfill/completion/sandbox"
	"greenfill/engine"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// A script stands in for the model and for Python: it says the bodies it is told to say,
// in turn, and a body passes if its text contains "good" and not "bad".
type script struct {
	bodies []string
	// gate, if not nil, lets one sample through for each value sent.
	gate chan struct{}
	// verdict, if not nil, judges instead.
	verdict func(p sandbox.Program) sandbox.Verdict

	mu      sync.Mutex
	jobs    int
	prompts []string
	cancels int
	drawn   int
	runs    []sandbox.Program
	opened  int
	closed  int
}

func (s *script) Sample(ctx context.Context, req engine.Request, yield func(engine.Sample) bool) (engine.Stats, error) {
	s.mu.Lock()
	s.jobs++
	s.prompts = append(s.prompts, req.Prompt)
	s.mu.Unlock()
	if req.Started != nil {
		req.Started(1)
	}
	for i := range req.Samples {
		if s.gate != nil {
			select {
			case <-s.gate:
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			s.mu.Lock()
			s.cancels++
			s.mu.Unlock()
			return engine.Stats{}, ctx.Err()
		}
		s.mu.Lock()
		text := s.bodies[i%len(s.bodies)]
		s.drawn++
		s.mu.Unlock()
		if !yield(engine.Sample{Index: i, Text: text, Tokens: 1, Reason: engine.StopCaller}) {
			return engine.Stats{}, nil
		}
	}
	return engine.Stats{}, nil
}

func (s *script) Run(_ context.Context, p sandbox.Program) sandbox.Verdict {
	s.mu.Lock()
	s.runs = append(s.runs, p)
	s.mu.Unlock()
	if s.verdict != nil {
		return s.verdict(p)
	}
	return judge(p)
}

// judge passes what contains "good" and not "bad", and fails the rest at the first check.
func judge(p sandbox.Program) sandbox.Verdict {
	n := len(p.Checks)
	v := sandbox.Verdict{Status: sandbox.Passed, Passed: n, Total: n, CPU: time.Millisecond}
	for _, c := range p.Checks {
		v.Checks = append(v.Checks, sandbox.CheckResult{Status: sandbox.Passed, Line: c.Line})
	}
	if text := p.Candidate.Text; !strings.Contains(text, "good") || strings.Contains(text, "bad") {
		v.Status, v.Passed = sandbox.AssertFailed, n-1
		v.Line, v.Source = p.Checks[0].Line, p.Checks[0].Code
		v.Inputs, v.Actual, v.Expected = p.Function+"(1)", "0", "1"
		v.Checks[0] = sandbox.CheckResult{Status: sandbox.AssertFailed, Line: v.Line, Actual: "0", Expected: "1"}
	}
	return v
}

// options are a server's whose model and sandbox are the script.
func (s *script) options(t testing.TB) lsp.Options {
	return lsp.Options{
		Version: "test",
		Model: func(_ context.Context, _ lsp.ModelOptions, progress func(float64)) (*lsp.Loaded, error) {
			s.mu.Lock()
			s.opened++
			s.mu.Unlock()
			progress(1)
			return &lsp.Loaded{
				Name:      "script",
				Completer: completion.New(s, s, completion.Options{Workers: 1}),
				Close: func() {
					s.mu.Lock()
					s.closed++
					s.mu.Unlock()
				},
			}, nil
		},
		Sandbox: func(context.Context) (*completion.Completer, error) {
			return completion.New(nil, s, completion.Options{Workers: 1}), nil
		},
		StateDir:   t.TempDir(),
		RuntimeDir: t.TempDir(),
		Machine:    func() lsp.Machine { return lsp.Machine{} },
	}
}

// numbers are what the script has seen.
func (s *script) numbers() (jobs, cancels, drawn, runs int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.jobs, s.cancels, s.drawn, len(s.runs)
}

// loads are how often the model was loaded and let go.
func (s *script) loads() (opened, closed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.closed
}

// say changes what the script says.
func (s *script) say(bodies ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = bodies
}

// quick are initializationOptions of a trusted client without the idle delay.
func quick() map[string]any {
	return map[string]any{"trusted": true, "notifications": true, "settings": map[string]any{"idleDelay": 0}}
}

// edit starts an editor with a script behind its server. It is closed when the test
// ends, and must have expected every message then.
func edit(t *testing.T, s *script, change func(*lsptest.Config)) *lsptest.Editor {
	t.Helper()
	c := lsptest.Config{Options: quick(), Folders: []string{t.TempDir()}, ServerOpts: s.options(t)}
	if change != nil {
		change(&c)
	}
	e, err := lsptest.Start(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// ok fails the test on an error.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cursor takes the mark "|" out of a text and says where it stood.
func cursor(text string) (string, int) {
	i := strings.Index(text, "|")
	if i < 0 {
		panic("no cursor mark")
	}
	return text[:i] + text[i+1:], i
}
