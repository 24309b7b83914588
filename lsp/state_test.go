package lsp_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"greenfill/completion/sandbox"
	"greenfill/lsp"
	"greenfill/lsp/lsptest"
)

// unsaid are initializationOptions of a client that says nothing of trust.
func unsaid(trust string) map[string]any {
	return map[string]any{"notifications": true, "settings": map[string]any{"idleDelay": 0, "trust": trust}}
}

// loaded is how often the script's model was loaded.
func loaded(s *script) int {
	opened, _ := s.loads()
	return opened
}

func TestUntrustedRunsNothing(t *testing.T) {
	ctx := context.Background()
	for name, options := range map[string]map[string]any{
		"the client says no":    {"trusted": false, "notifications": true, "settings": map[string]any{"idleDelay": 0, "trust": "always"}},
		"the setting says no":   unsaid("never"),
		"the user says nothing": unsaid("ask"),
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{bodies: []string{"    return good(x)"}}
			dir := t.TempDir()
			e := edit(t, s, func(c *lsptest.Config) { c.Options, c.Folders = options, []string{dir} })
			b, at := open(e, filepath.Join(dir, "a.py"), two+"\ndef g():\n    return 1\n\nassert g() == 1\n")
			_, err := e.AwaitStatus(lsp.StateUntrusted) // before anything is asked
			ok(t, err)
			if n := len(e.Questions()); n > 0 {
				t.Error("the question was put on opening")
			}
			for range 2 {
				items, err := e.Inline(ctx, b, at, automatic)
				ok(t, err)
				if len(items) != 0 {
					t.Error("something was served")
				}
			}
			st, err := e.AwaitStatus(lsp.StateUntrusted)
			ok(t, err)
			if len(st.Actions) != 1 || st.Actions[0].Command != lsp.CommandTrust {
				t.Errorf("actions %+v", st.Actions)
			}
			for _, c := range []string{lsp.CommandComplete, lsp.CommandCheck} {
				spec := map[string]string{lsp.CommandComplete: "f", lsp.CommandCheck: "g"}[c]
				if err := e.Execute(ctx, c, nil, lsp.SpecReference{URI: b.URI, Spec: spec}); err == nil {
					t.Errorf("%s did something", c)
				}
			}
			if n := len(e.Questions()); n > 1 {
				t.Errorf("the question was put %d times", n)
			}
			if jobs, _, _, runs := s.numbers(); jobs+runs+loaded(s) != 0 {
				t.Fatalf("an untrusted folder sampled %d times, ran %d programs, loaded %d models", jobs, runs, loaded(s))
			}
			// The user decides, and all is well.
			ok(t, e.Run(ctx, st.Actions[0], nil))
			items, err := e.Inline(ctx, b, at, automatic)
			ok(t, err)
			if len(items) != 1 {
				t.Errorf("%d items once trusted", len(items))
			}
		})
	}
}

func TestTrustIsAskedOnceAndRemembered(t *testing.T) {
	ctx := context.Background()
	state, dir := t.TempDir(), t.TempDir()
	for answer, want := range map[string]int{"Never": 0, "Trust this folder": 1} {
		sub := filepath.Join(dir, answer)
		ok(t, os.MkdirAll(sub, 0o755))
		for round, questions := range []int{1, 0} {
			s := &script{bodies: []string{"    return good(x)"}}
			e := edit(t, s, func(c *lsptest.Config) {
				c.Options, c.Folders, c.ServerOpts.StateDir = unsaid("ask"), []string{sub}, state
				c.Answer = func(message string, choices []string) string {
					if !strings.Contains(message, sub) {
						t.Errorf("the question does not name the folder: %s", message)
					}
					return answer
				}
			})
			b, at := open(e, filepath.Join(sub, "a.py"), two)
			items, err := e.Inline(ctx, b, at, automatic)
			ok(t, err)
			if len(items) != want || len(e.Questions()) != questions {
				t.Errorf("%s, round %d: %d items, %d questions", answer, round, len(items), len(e.Questions()))
			}
		}
	}
	if info, err := os.Stat(filepath.Join(state, "trust.json")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("trust.json: %v %v", info, err)
	}
}

func TestTrustPerFolder(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	good, bad := t.TempDir(), t.TempDir()
	e := edit(t, s, func(c *lsptest.Config) {
		c.Options = map[string]any{"trusted": false, "notifications": true, "settings": map[string]any{"idleDelay": 0}}
		c.Folders = []string{good, bad}
	})
	ok(t, e.Notify(lsp.MethodTrust, lsp.Trust{Trusted: true, Folder: uri.File(good)}))
	for dir, want := range map[string]int{good: 1, bad: 0} {
		b, at := open(e, filepath.Join(dir, "a.py"), two)
		items, err := e.Inline(ctx, b, at, automatic)
		ok(t, err)
		if len(items) != want {
			t.Errorf("%d items, want %d", len(items), want)
		}
	}
}

func TestDeferral(t *testing.T) {
	ctx := context.Background()
	for reason, machine := range map[string]lsp.Machine{"battery": {OnBattery: true}, "load": {Load: 9}} {
		for how, decide := range map[string]func(e *lsptest.Editor, b *lsptest.Buffer, st lsp.Status, m *atomic.Pointer[lsp.Machine]){
			"the user resumes": func(e *lsptest.Editor, _ *lsptest.Buffer, st lsp.Status, _ *atomic.Pointer[lsp.Machine]) {
				ok(t, e.Run(ctx, st.Actions[0], nil))
			},
			"the user completes": func(e *lsptest.Editor, b *lsptest.Buffer, _ lsp.Status, _ *atomic.Pointer[lsp.Machine]) {
				ok(t, e.Execute(ctx, lsp.CommandComplete, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
			},
			"the user clicks the lens": func(e *lsptest.Editor, b *lsptest.Buffer, _ lsp.Status, _ *atomic.Pointer[lsp.Machine]) {
				lenses, err := e.Lenses(ctx, b)
				ok(t, err)
				if len(lenses) != 1 || !strings.HasSuffix(lenses[0].Command.Title, "waits — sample anyway") {
					t.Fatalf("lenses %+v", lenses)
				}
				ok(t, e.Run(ctx, lenses[0].Command, nil))
			},
			"the setting changes": func(e *lsptest.Editor, _ *lsptest.Buffer, _ lsp.Status, _ *atomic.Pointer[lsp.Machine]) {
				ok(t, e.Notify("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{"greenfill": map[string]any{"onBattery": "sample", "maxLoad": 0, "idleDelay": 0}}}))
			},
		} {
			t.Run(reason+"/"+how, func(t *testing.T) {
				s := &script{bodies: []string{"    return good(x)"}}
				var m atomic.Pointer[lsp.Machine]
				m.Store(&machine)
				e := edit(t, s, func(c *lsptest.Config) { c.ServerOpts.Machine = func() lsp.Machine { return *m.Load() } })
				b, at := open(e, "/w/a.py", two)
				wait := later(e, ctx, b, at)
				st, err := e.AwaitStatus(lsp.StateDeferred)
				ok(t, err)
				if st.Reason != reason || len(st.Actions) != 1 {
					t.Errorf("status %+v", st)
				}
				if jobs, _, _, _ := s.numbers(); jobs != 0 || loaded(s) != 0 {
					t.Errorf("%d jobs, %d models loaded while deferred", jobs, loaded(s))
				}
				decide(e, b, st, &m)
				items, err := wait()
				ok(t, err)
				if len(items) != 1 {
					t.Errorf("%d items", len(items))
				}
			})
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	ok(t, e.Execute(ctx, lsp.CommandPause, nil))
	wait := later(e, ctx, b, at)
	st, err := e.AwaitStatus(lsp.StatePaused)
	ok(t, err)
	ok(t, e.Run(ctx, st.Actions[0], nil))
	items, err := wait()
	ok(t, err)
	if len(items) != 1 {
		t.Errorf("%d items after resuming", len(items))
	}
}

func TestOneServerSamplesAtATime(t *testing.T) {
	s := &script{bodies: []string{"    return good(x)"}}
	dir := t.TempDir()
	other := flock.New(filepath.Join(dir, "greenfill.lock"))
	if held, err := other.TryLock(); err != nil || !held {
		t.Fatal(held, err)
	}
	e := edit(t, s, func(c *lsptest.Config) { c.ServerOpts.RuntimeDir = dir })
	b, at := open(e, "/w/a.py", two)
	wait := later(e, context.Background(), b, at)
	st, err := e.AwaitStatus(lsp.StateDeferred)
	ok(t, err)
	if st.Reason != "otherServer" || loaded(s) != 0 {
		t.Errorf("status %+v, %d models loaded", st, loaded(s))
	}
	ok(t, other.Close())
	items, err := wait()
	ok(t, err)
	if len(items) != 1 {
		t.Errorf("%d items", len(items))
	}
}

func TestTroubles(t *testing.T) {
	ctx := context.Background()
	for want, fail := range map[lsp.State]error{
		lsp.StateNoModel:   fmt.Errorf("%w: fetch one", lsp.ErrNoModel),
		lsp.StateNoSandbox: fmt.Errorf("%w: Landlock is missing", lsp.ErrNoSandbox),
		lsp.StateError:     errors.New("the file is cut off"),
	} {
		t.Run(string(want), func(t *testing.T) {
			s := &script{bodies: []string{"    return good(x)"}}
			var broken atomic.Bool
			broken.Store(true)
			e := edit(t, s, func(c *lsptest.Config) {
				model := c.ServerOpts.Model
				c.ServerOpts.Model = func(ctx context.Context, o lsp.ModelOptions, p func(float64)) (*lsp.Loaded, error) {
					if broken.Load() {
						return nil, fail
					}
					return model(ctx, o, p)
				}
			})
			b, at := open(e, "/w/a.py", two)
			for range 3 {
				items, err := e.Inline(ctx, b, at, automatic)
				ok(t, err)
				if len(items) != 0 {
					t.Error("something was served")
				}
			}
			st, err := e.AwaitStatus(want)
			ok(t, err)
			if !strings.Contains(st.Message, fail.Error()) {
				t.Errorf("status %+v", st)
			}
			if err := e.Execute(ctx, lsp.CommandComplete, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}); err == nil || !strings.Contains(err.Error(), fail.Error()) {
				t.Errorf("the command says %v", err)
			}
			broken.Store(false)
			ok(t, e.Execute(ctx, lsp.CommandRestart, nil))
			items, err := e.Inline(ctx, b, at, automatic)
			ok(t, err)
			if len(items) != 1 {
				t.Errorf("%d items after the restart", len(items))
			}
		})
	}
}

// TestUnconfinedIsNoVerdict: a sandbox that stops confining is a state, neither a pass
// nor a fail.
func TestUnconfinedIsNoVerdict(t *testing.T) {
	s := &script{bodies: []string{"    return good(x)"}, verdict: func(p sandbox.Program) sandbox.Verdict {
		return sandbox.Verdict{Status: sandbox.SandboxUnavailable, Message: "no Landlock"}
	}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", two)
	items, err := e.Inline(context.Background(), b, at, automatic)
	ok(t, err)
	if len(items) != 0 {
		t.Error("something was served")
	}
	_, err = e.AwaitStatus(lsp.StateNoSandbox)
	ok(t, err)
}

// TestABrokenPreludeIsTheSpecs: it fails with its line, and is not tried again by itself.
func TestABrokenPreludeIsTheSpecs(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}, verdict: func(p sandbox.Program) sandbox.Verdict {
		return sandbox.Verdict{Status: sandbox.PreludeFailed, Line: 1, Message: "ModuleNotFoundError: No module named 'nosuch'"}
	}}
	e := edit(t, s, nil)
	b, at := open(e, "/w/a.py", "import nosuch\n\n"+two)
	for range 3 {
		items, err := e.Inline(ctx, b, at, automatic)
		ok(t, err)
		if len(items) != 0 {
			t.Error("something was served")
		}
	}
	if loaded(s) != 1 {
		t.Errorf("%d models loaded", loaded(s))
	}
	st, err := e.AwaitStatus(lsp.StateReady) // the machine is well
	ok(t, err)
	lenses, err := e.Lenses(ctx, b)
	ok(t, err)
	if len(lenses) == 0 || !strings.Contains(lenses[0].Command.Title, "nosuch") {
		t.Errorf("status %+v, lenses %+v", st, lenses)
	}
}

func TestModelIsLoadedOnceAndUnloadedWhenIdle(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, func(c *lsptest.Config) {
		c.Options = map[string]any{"trusted": true, "notifications": true, "settings": map[string]any{"idleDelay": 0, "unloadAfter": 0.01}}
	})
	for i := range 3 {
		b, at := open(e, fmt.Sprintf("/w/%d.py", i), two)
		_, err := e.Inline(ctx, b, at, automatic)
		ok(t, err)
	}
	if loaded(s) != 1 {
		t.Errorf("%d loads for three jobs", loaded(s))
	}
	deadline := time.After(lsptest.Timeout)
	for {
		if _, closed := s.loads(); closed == 1 {
			break
		}
		select {
		case <-deadline:
			t.Fatal("the idle model stayed in memory")
		case <-time.After(20 * time.Millisecond):
		}
	}
	b, at := open(e, "/w/new.py", strings.ReplaceAll(two, "x", "y"))
	items, err := e.Inline(ctx, b, at, automatic)
	ok(t, err)
	if len(items) != 1 || loaded(s) != 2 {
		t.Errorf("%d items, %d loads after unloading", len(items), loaded(s))
	}
}

func TestSettingsPerFolder(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	a, b := t.TempDir(), t.TempDir()
	e := edit(t, s, func(c *lsptest.Config) {
		c.Folders = []string{a, b}
		c.Settings = map[string]any{
			"idleDelay": 0, "samples": 3,
			string(uri.File(a)): map[string]any{"idleDelay": 0, "samples": 5, "python": "bin/py"},
			string(uri.File(b)): map[string]any{"idleDelay": 0, "samples": 7, "python": "/usr/bin/py"},
		}
	})
	for path, want := range map[string]struct {
		samples     int
		dir, python string
	}{
		filepath.Join(a, "sub", "a.py"): {5, a, filepath.Join(a, "bin/py")},
		filepath.Join(b, "b.py"):        {7, b, "/usr/bin/py"},
		"/elsewhere/c.py":               {3, "/elsewhere", ""},
	} {
		buf, _ := open(e, path, two)
		var r lsp.Results
		ok(t, e.Execute(ctx, lsp.CommandComplete, &r, lsp.SpecReference{URI: buf.URI, Spec: "f"}))
		s.mu.Lock()
		p := s.runs[len(s.runs)-1]
		s.mu.Unlock()
		if r.Planned != want.samples || p.Dir != want.dir || p.Python != want.python {
			t.Errorf("%s: %d samples in %s with %q, want %+v", path, r.Planned, p.Dir, p.Python, want)
		}
	}
	for _, m := range []string{"workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles"} {
		if !strings.Contains(strings.Join(e.Registered(), " "), m) {
			t.Errorf("%s was not registered", m)
		}
	}
}

func TestFaultySettingsAreSaidOnce(t *testing.T) {
	e := edit(t, &script{}, func(c *lsptest.Config) {
		c.Settings = map[string]any{"samples": "many", "trigger": "sometimes"}
	})
	ok(t, e.AwaitMessage("greenfill.samples must be a whole number from 1 to 1024"))
	ok(t, e.AwaitMessage("greenfill.trigger must be one of automatic, save, manual"))
	ok(t, e.Notify("workspace/didChangeConfiguration", map[string]any{"settings": nil}))
	var st lsp.Status
	ok(t, e.Call(context.Background(), lsp.MethodStatus, nil, &st)) // nothing more comes, as the end of the test sees
}

// TestPlainClient: one with no capabilities at all gets its completions, and nothing
// that it would not know.
func TestPlainClient(t *testing.T) {
	ctx := context.Background()
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, func(c *lsptest.Config) {
		c.Plain = true
		c.Options = map[string]any{"trusted": true, "settings": map[string]any{"idleDelay": 0}}
		c.Folders = nil
	})
	b, at := open(e, "/w/a.py", two)
	var r lsp.Results
	ok(t, e.Execute(ctx, lsp.CommandComplete, &r, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	list, err := e.Complete(ctx, b, at)
	ok(t, err)
	if len(list.Items) != 1 {
		t.Fatalf("%d items", len(list.Items))
	}
	if _, plain := list.Items[0].Documentation.(protocol.String); !plain {
		t.Errorf("documentation is a %T for a client that knows no markdown", list.Items[0].Documentation)
	}
	ok(t, e.Execute(ctx, lsp.CommandApply, nil, lsp.SpecReference{URI: b.URI, Spec: "f"}))
	if !strings.Contains(e.Text(b), "return good(x)") {
		t.Errorf("after applying:\n%s", e.Text(b))
	}
	if e.States() != nil {
		t.Errorf("statuses %v were sent unasked", e.States())
	}
}

func TestProgressForClientsWithoutNotifications(t *testing.T) {
	s := &script{bodies: []string{"    return good(x)"}}
	e := edit(t, s, func(c *lsptest.Config) {
		c.Options = map[string]any{"trusted": true, "settings": map[string]any{"idleDelay": 0}}
	})
	b, at := open(e, "/w/a.py", two)
	_, err := e.Inline(context.Background(), b, at, automatic)
	ok(t, err)
	said, err := e.AwaitProgress("greenfill-1")
	ok(t, err)
	if said[0] != "begin Greenfill: f" {
		t.Errorf("progress %q", said)
	}
}

func TestModelCommands(t *testing.T) {
	ctx := context.Background()
	e := edit(t, &script{}, func(c *lsptest.Config) {
		c.ServerOpts.Models = func(context.Context) ([]lsp.Model, error) {
			return []lsp.Model{{Name: "small", Bytes: 5, Recommended: true}}, nil
		}
		c.ServerOpts.Pull = func(ctx context.Context, name string, progress func(done, total int64)) (lsp.Model, error) {
			if name == "none" {
				return lsp.Model{}, errors.New("no such model")
			}
			progress(50e6, 100e6)
			return lsp.Model{Name: "small", Installed: true}, nil
		}
		c.ServerOpts.Doctor = func(context.Context) []lsp.Finding {
			return []lsp.Finding{{Name: "model", State: "failure", Message: "none", Advice: "pull one"}}
		}
	})
	var list []lsp.Model
	ok(t, e.Execute(ctx, lsp.CommandModels, &list))
	if len(list) != 1 || list[0].Name != "small" {
		t.Errorf("models %+v", list)
	}
	var m lsp.Model
	ok(t, e.Execute(ctx, lsp.CommandPull, &m))
	said, err := e.AwaitProgress("greenfill-1")
	ok(t, err)
	if !m.Installed || strings.Join(said, "; ") != "begin Greenfill: fetching the recommended model; report 50 of 100 MB; end small is installed" {
		t.Errorf("pulled %+v; progress %q", m, said)
	}
	if err := e.Execute(ctx, lsp.CommandPull, nil, map[string]any{"name": "none"}); err == nil || !strings.Contains(err.Error(), "no such model") {
		t.Errorf("pulling what is not: %v", err)
	}
	var d lsp.Doctor
	ok(t, e.Call(ctx, lsp.MethodDoctor, nil, &d))
	if d.OK || len(d.Findings) != 2 || d.Findings[0].Advice != "pull one" || d.Findings[1].Name != "trust" {
		t.Errorf("doctor %+v", d)
	}
}

// TestServerEndsWithItsClient: with the process that it is told of, though the stream
// stays open.
func TestServerEndsWithItsClient(t *testing.T) {
	client := exec.Command("sleep", "60")
	ok(t, client.Start())
	s := &script{bodies: []string{"    return x"}, gate: make(chan struct{})}
	c := lsptest.Config{Options: quick(), ServerOpts: s.options(t)}
	c.ServerOpts.ClientPID = client.Process.Pid
	e, err := lsptest.Start(context.Background(), c)
	ok(t, err)
	b, at := open(e, "/w/a.py", two)
	wait := later(e, context.Background(), b, at)
	_, err = e.AwaitStatus(lsp.StateSampling)
	ok(t, err)
	ok(t, client.Process.Kill())
	_ = client.Wait()
	began := time.Now()
	ok(t, e.Wait())
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the server lived on for %v", took)
	}
	if _, err := wait(); err == nil {
		t.Error("a request was answered by a server that had ended")
	}
	if jobs, cancels, _, _ := s.numbers(); jobs != 1 || cancels != 1 {
		t.Errorf("%d jobs, %d cancelled", jobs, cancels)
	}
}
