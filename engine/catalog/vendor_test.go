package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serve answers with data as a file server does, Range included.
func serve(data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	}
}

// breaking answers with the file but breaks off after n bytes of each answer.
func breaking(data []byte, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		serve(data)(&breakingWriter{w, n}, r)
	}
}

type breakingWriter struct {
	http.ResponseWriter
	left int
}

func (w *breakingWriter) Write(b []byte) (int, error) {
	if len(b) > w.left {
		w.ResponseWriter.Write(b[:w.left])
		w.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	w.left -= len(b)
	return w.ResponseWriter.Write(b)
}

func start(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

var onlyVendor = PullOptions{Source: "vendor"}

func TestVendorWhole(t *testing.T) {
	m, data := fakeModel(t)
	var asked string
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path + r.Header.Get("Range")
		serve(data)(w, r)
	})
	p := fakePuller(m, s.URL)
	var last, calls int64
	p.progress = func(done, total int64, what string) {
		if what == "checking" {
			return
		}
		if done < last || done > total || total != m.Size || !strings.Contains(what, s.URL) {
			t.Errorf("progress %d of %d after %d: %s", done, total, last, what)
		}
		last, calls = done, calls+1
	}
	mustPull(t, p, PullOptions{}, data)
	if asked != m.vendor {
		t.Errorf("asked for %s", asked)
	}
	if last != m.Size || calls < 2 {
		t.Errorf("progress ended at %d after %d calls", last, calls)
	}
}

func TestVendorInterrupted(t *testing.T) {
	m, data := fakeModel(t)
	var answers atomic.Int32
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		answers.Add(1)
		breaking(data, 700_000)(w, r)
	})
	p := fakePuller(m, s.URL)
	var notes []string
	p.note = func(s string) { notes = append(notes, s) }
	mustPull(t, p, onlyVendor, data)
	if n := answers.Load(); n != 4 || len(notes) != 3 || !strings.Contains(notes[0], "going on from there") {
		t.Errorf("%d answers, notes %q", n, notes)
	}
}

func TestVendorStalls(t *testing.T) {
	m, data := fakeModel(t)
	var answers atomic.Int32
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if answers.Add(1) > 1 {
			serve(data)(w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	mustPull(t, fakePuller(m, s.URL), onlyVendor, data)
	if n := answers.Load(); n != 2 {
		t.Errorf("%d answers", n)
	}
}

func TestVendorResumes(t *testing.T) {
	m, data := fakeModel(t)
	putPart(t, m, data[:12345])
	var asked string
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Range")
		serve(data)(w, r)
	})
	mustPull(t, fakePuller(m, s.URL), onlyVendor, data)
	if asked != "bytes=12345-" {
		t.Errorf("asked for %q", asked)
	}
}

// TestVendorDamagedPart goes on from bytes that are not the model's: the sum tells, and
// all is fetched anew.
func TestVendorDamagedPart(t *testing.T) {
	for name, part := range map[string][]byte{"short": make([]byte, 999), "whole": make([]byte, 1<<20*2+1<<20/3), "too long": make([]byte, 4<<20)} {
		t.Run(name, func(t *testing.T) {
			m, data := fakeModel(t)
			putPart(t, m, part)
			s := start(t, serve(data))
			mustPull(t, fakePuller(m, s.URL), onlyVendor, data)
		})
	}
}

// TestVendorWithoutRange has a server that always sends the whole file.
func TestVendorWithoutRange(t *testing.T) {
	m, data := fakeModel(t)
	putPart(t, m, data[:12345])
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data)
	})
	mustPull(t, fakePuller(m, s.URL), onlyVendor, data)
}

func TestVendorRefused(t *testing.T) {
	m, data := fakeModel(t)
	wrong := bytes.Clone(data)
	wrong[len(wrong)/2] ^= 1
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"not found":    {http.NotFound, "vendor: it answered 404 Not Found"},
		"broken":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "it answered 503"},
		"wrong bytes":  {serve(wrong), "it sent a wrong file: its sha256 is "},
		"wrong length": {serve(data[:999]), "it offers a file of 999 bytes, but the model has"},
		"portal":       {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>Log in to our hotel")) }, "it offers a file of 25 bytes"},
		"endless redirects": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"/x", http.StatusFound)
		}, "it redirects without end"},
		"always breaks": {breaking(data, 0), "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GREENFILL_MODELS", t.TempDir())
			s := start(t, c.handler)
			mustFail(t, fakePuller(m, s.URL), onlyVendor, c.want, "check the network", "greenfill model pull fake-1b --from FILE")
			if info, err := os.Stat(m.partPath()); err == nil && info.Size() > 0 {
				t.Errorf("%d bytes were kept", info.Size())
			}
		})
	}
}

func TestVendorWrongRange(t *testing.T) {
	m, data := fakeModel(t)
	putPart(t, m, data[:12345])
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(data)-1, len(data)))
		w.WriteHeader(http.StatusPartialContent)
	})
	mustFail(t, fakePuller(m, s.URL), onlyVendor, "it answered with the range", "bytes from 12345 on were asked for")
	wantPart(t, m, data[:12345])
}

// TestVendorSilent has a server that takes the connection and says nothing.
func TestVendorSilent(t *testing.T) {
	m, _ := fakeModel(t)
	s := start(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	p := fakePuller(m, s.URL)
	p.patienceLast = 100 * time.Millisecond
	began := time.Now()
	mustFail(t, p, onlyVendor, "no answer in time")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestVendorUnreachable(t *testing.T) {
	m, _ := fakeModel(t)
	s := httptest.NewServer(nil)
	s.Close()
	mustFail(t, fakePuller(m, s.URL), onlyVendor, "no source could give it (vendor: ", "refused")
}

func TestVendorCancelled(t *testing.T) {
	m, data := fakeModel(t)
	const sent = 500_000
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data[:sent])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	p := fakePuller(m, s.URL)
	p.sources[sourceVendor].(*vendor).stall = time.Minute
	ctx, cancel := context.WithCancel(context.Background())
	p.progress = func(done, _ int64, _ string) {
		if done == sent {
			cancel()
		}
	}
	if _, err := p.pull(ctx, onlyVendor); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	wantPart(t, m, data[:sent])
	s2 := start(t, serve(data))
	mustPull(t, fakePuller(m, s2.URL), onlyVendor, data)
}

func TestStaySecure(t *testing.T) {
	request := func(address string) *http.Request {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{URL: u}
	}
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"https://a", "https://b", true},
		{"https://a", "http://b", false},
		{"http://a", "http://b", true}, // a mirror that the user named so
	} {
		if err := staySecure(request(c.to), []*http.Request{request(c.from)}); (err == nil) != c.ok {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}

func TestEndpoint(t *testing.T) {
	t.Setenv("HF_ENDPOINT", "")
	if got := newVendor().address; got != vendorAddress {
		t.Errorf("got %s", got)
	}
	t.Setenv("HF_ENDPOINT", "https://mirror.example/")
	if got := newVendor().address; got != "https://mirror.example" {
		t.Errorf("got %s", got)
	}
}
