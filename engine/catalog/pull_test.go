package catalog

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gofrs/flock"
)

func TestPullOrder(t *testing.T) {
	m, _ := fakeModel(t)
	p := fakePuller(m, "")
	wheelsOnly := *p
	wheelsOnly.model.vendor = ""
	for _, c := range []struct {
		p                      *puller
		option, variable, want string
	}{
		{p, "", "", "vendor wheels"},
		{p, "wheels", "", "wheels"},
		{p, "wheels, vendor", "vendor", "wheels vendor"},
		{p, "", "wheels,vendor", "wheels vendor"},
		{&wheelsOnly, "", "", "wheels"},
		{&wheelsOnly, "vendor,wheels", "", "wheels"},
		{&wheelsOnly, "vendor", "", "error: source vendor has no such file; use --source wheels"},
		{p, "torrent", "", `error: there is no source "torrent": name vendor, wheels`},
	} {
		t.Setenv("GREENFILL_MODEL_SOURCE", c.variable)
		order, err := c.p.order(PullOptions{Source: c.option})
		got := strings.Join(order, " ")
		if err != nil {
			got = "error: " + err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%q, %q: got %s, want %s", c.option, c.variable, got, c.want)
		}
	}
}

func TestPullInstalled(t *testing.T) {
	m, data := fakeModel(t)
	var answers atomic.Int32
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		answers.Add(1)
		serve(data)(w, r)
	})
	mustPull(t, fakePuller(m, s.URL), onlyVendor, data)
	mustPull(t, fakePuller(m, s.URL), onlyVendor, data)
	if n := answers.Load(); n != 1 {
		t.Errorf("fetched %d times", n)
	}

	// A damaged file of the right size is replaced, and the user is told.
	data[7] ^= 1
	if err := os.WriteFile(m.Path(), data, 0o644); err != nil {
		t.Fatal(err)
	}
	data[7] ^= 1
	p := fakePuller(m, s.URL)
	var notes []string
	p.note = func(s string) { notes = append(notes, s) }
	mustPull(t, p, onlyVendor, data)
	if len(notes) != 1 || !strings.Contains(notes[0], "is damaged: its sha256 is") {
		t.Errorf("notes %q", notes)
	}
}

// TestPullKeepsOldFile pulls over a damaged file from a source that sends nothing
// better: the old file stays.
func TestPullKeepsOldFile(t *testing.T) {
	m, data := fakeModel(t)
	s := start(t, http.NotFound)
	old := make([]byte, len(data))
	if err := errors.Join(os.MkdirAll(Dir(), 0o755), os.WriteFile(m.Path(), old, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := fakePuller(m, s.URL).pull(context.Background(), onlyVendor); err == nil {
		t.Error("no error")
	}
	if info, err := os.Stat(m.Path()); err != nil || info.Size() != m.Size {
		t.Errorf("the old file: %v, %v", info, err)
	}
}

func TestPullTwiceAtOnce(t *testing.T) {
	m, data := fakeModel(t)
	var answers, waits atomic.Int32
	first := make(chan struct{})
	second := make(chan struct{})
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		answers.Add(1)
		close(first)
		<-second // the other pull waits by now
		serve(data)(w, r)
	})
	var group sync.WaitGroup
	group.Go(func() { mustPull(t, fakePuller(m, s.URL), onlyVendor, data) })
	<-first
	group.Go(func() {
		p := fakePuller(m, s.URL)
		p.note = func(s string) {
			if strings.Contains(s, "another process is fetching fake-1b") {
				waits.Add(1)
				close(second)
			}
		}
		mustPull(t, p, onlyVendor, data)
	})
	group.Wait()
	if answers.Load() != 1 || waits.Load() != 1 {
		t.Errorf("fetched %d times, waited %d times", answers.Load(), waits.Load())
	}
}

func TestPullWaitCancelled(t *testing.T) {
	m, _ := fakeModel(t)
	if err := os.MkdirAll(Dir(), 0o755); err != nil {
		t.Fatal(err)
	}
	l := flock.New(filepath.Join(Dir(), "."+m.File+".lock"))
	if err := l.Lock(); err != nil {
		t.Fatal(err)
	}
	defer l.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	p := fakePuller(m, "")
	p.note = func(string) { cancel() }
	if _, err := p.pull(ctx, onlyVendor); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestPullNoSpace(t *testing.T) {
	m, data := fakeModel(t)
	var answers atomic.Int32
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		answers.Add(1)
		serve(data)(w, r)
	})
	p := fakePuller(m, s.URL)
	p.freeSpace = func(string) (int64, error) { return m.Size - 1, nil }
	mustFail(t, p, PullOptions{}, "it needs 2 MB in "+Dir()+", but only 2 MB are free; free some, or set GREENFILL_MODELS")
	if answers.Load() != 0 {
		t.Error("it began to fetch all the same")
	}
	// What is there already is not needed again.
	putPart(t, m, data[:1<<20])
	p.freeSpace = func(string) (int64, error) { return m.Size - 1<<20, nil }
	mustPull(t, p, onlyVendor, data)
}

func TestPullFolderNotWritable(t *testing.T) {
	m, _ := fakeModel(t)
	if err := os.WriteFile(Dir(), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := fakePuller(m, "").pull(context.Background(), onlyVendor)
	if err == nil || !strings.Contains(err.Error(), "set GREENFILL_MODELS to a folder that you can write to") {
		t.Errorf("got %v", err)
	}
}

func TestPullFrom(t *testing.T) {
	m, data := fakeModel(t)
	dir := t.TempDir()
	file := filepath.Join(dir, m.File)
	other := filepath.Join(dir, "other.gguf")
	if err := errors.Join(os.WriteFile(file, data, 0o644), os.WriteFile(other, data[1:], 0o644)); err != nil {
		t.Fatal(err)
	}
	p := fakePuller(m, "")
	mustFail(t, p, PullOptions{From: other}, "is another file: its size is", "give its path as the model")
	mustFail(t, p, PullOptions{From: filepath.Join(dir, "none")}, "reading the file to copy", "no such file")
	putPart(t, m, []byte("what an interrupted pull left"))
	mustPull(t, p, PullOptions{From: file}, data)
	if err := Remove(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	mustPull(t, p, PullOptions{From: dir}, data)
}

func TestVerifyAndRemove(t *testing.T) {
	m, data := fakeModel(t)
	ctx := context.Background()
	var missing *NotInstalledError
	if err := Verify(ctx, m, nil); !errors.As(err, &missing) {
		t.Errorf("missing: %v", err)
	}
	if err := Remove(ctx, m); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
	put := func(data []byte) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(Dir(), 0o755), os.WriteFile(m.Path(), data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	put(data)
	if err := Verify(ctx, m, nil); err != nil {
		t.Error(err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := Verify(cancelled, m, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	put(data[1:])
	if err := Verify(ctx, m, nil); err == nil || !strings.Contains(err.Error(), "is damaged: its size is") {
		t.Errorf("short: %v", err)
	}
	data[0] ^= 1
	put(data)
	if err := Verify(ctx, m, nil); err == nil || !strings.Contains(err.Error(), "fetch it again with 'greenfill model pull fake-1b'") {
		t.Errorf("flipped: %v", err)
	}
	putPart(t, m, data)
	if err := os.Mkdir(m.workPath(), 0o755); err != nil { // as a killed process leaves it
		t.Fatal(err)
	}
	if err := Remove(ctx, m); err != nil {
		t.Error(err)
	}
	wantOnly(t, "."+m.File+".lock")
}
