package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"golang.org/x/sys/unix"
)

// SelfTest tries every combination of layers on this machine: from inside each, what must
// fail and what must work. The answer is cached per kernel, user and binary.
func SelfTest(ctx context.Context) Report {
	kernel := kernelName()
	path, key := cachePath(kernel)
	if report, ok := cached(path, key); ok {
		return report
	}
	report := Report{Kernel: kernel, Landlock: landlockVersion()}
	for _, l := range combinations {
		row := try(ctx, l)
		report.Rows = append(report.Rows, row)
		if row.Holds && !report.Available() {
			report.Chosen = l
		}
	}
	report.Advice = advise(&report)
	if ctx.Err() == nil {
		remember(path, key, report)
	}
	return report
}

// layers are the ones to use, or why nothing may run.
func (r *Runner) layers(ctx context.Context) (Layers, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.report == nil {
		var report Report
		if forced := r.options.Layers; forced != nil {
			row := try(ctx, *forced)
			report.Rows = []Row{row}
			if row.Holds && forced.Sufficient() {
				report.Chosen = *forced
			}
			report.Advice = advise(&report)
		} else {
			report = SelfTest(ctx)
		}
		if ctx.Err() != nil {
			return Layers{}, ctx.Err()
		}
		r.report = &report
	}
	if !r.report.Available() {
		return Layers{}, fmt.Errorf("%w: %s (greenfill doctor shows more)", errUnconfined, strings.Join(r.report.Advice, "; "))
	}
	return r.report.Chosen, nil
}

// try runs the probes under one combination.
func try(ctx context.Context, l Layers) Row {
	row := Row{Layers: l}
	found, err := runProbes(ctx, l)
	if err != nil {
		row.Error = err.Error()
		return row
	}
	row.Leaks = found.Leaks
	row.Error = strings.Join(found.Broken, "; ")
	row.Holds = len(found.Leaks) == 0 && len(found.Broken) == 0
	return row
}

// runProbes sets up things outside and lets a confined prober go at them.
func runProbes(ctx context.Context, l Layers) (*finding, error) {
	folder, err := os.MkdirTemp("", "greenfill-selftest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	p := probes{Canary: filepath.Join(folder, "canary"), Folder: folder, Socket: filepath.Join(folder, "socket"),
		Server: os.Getpid(), Allow: "/etc/ld.so.cache"}
	if err := os.WriteFile(p.Canary, []byte("canary"), 0o644); err != nil {
		return nil, err
	}
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer tcp.Close()
	p.Port = tcp.Addr().(*net.TCPAddr).Port
	file, err := net.Listen("unix", p.Socket)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	ctx, cancel := context.WithTimeout(ctx, scaled(10*time.Second))
	defer cancel()
	var out bytes.Buffer
	said := &tail{}
	cmd, err := startProcess(&orders{Layers: l, Readable: systemPaths, Probe: &p}, &out, said)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	err = cmd.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("the probes took too long")
	}
	if err != nil {
		return nil, errors.New(firstNonEmpty(strings.TrimPrefix(said.String(), "greenfill sandbox: "), err.Error()))
	}
	var found finding
	if out.Len() == 0 {
		return &finding{Leaks: []string{"execute a program"}}, nil
	}
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		return nil, err
	}
	return &found, nil
}

// advise says what to do about what does not hold.
func advise(r *Report) []string {
	var out []string
	if !r.Available() {
		out = append(out, "no combination of layers confines here: Linux 5.13 or later with Landlock, or user namespaces, is needed, and seccomp")
	}
	for _, row := range r.Rows {
		switch {
		case row.Holds:
		case row.Layers.Namespaces && row.Error != "":
			out = append(out, "namespaces: "+row.Error+" (on Ubuntu 24.04 an AppArmor profile or kernel.apparmor_restrict_unprivileged_userns=0 allows them; in a container they are often off; not needed where Landlock holds)")
			return out
		case row.Error != "":
			out = append(out, row.Layers.String()+": "+row.Error)
		case len(row.Leaks) > 0:
			out = append(out, row.Layers.String()+" lets through: "+strings.Join(row.Leaks, ", "))
		}
	}
	return out
}

func kernelName() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Version[:])
}

// cachePath is where the report is kept, and the key that says whom it is for.
func cachePath(kernel string) (path, key string) {
	binary := "unknown"
	if exe, err := os.Executable(); err == nil {
		if info, err := os.Stat(exe); err == nil {
			binary = fmt.Sprintf("%s %d %d", exe, info.Size(), info.ModTime().UnixNano())
		}
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\n%s\n%d\n%d", kernel, binary, os.Getuid(), landlockVersion())))
	return filepath.Join(xdg.CacheHome, "greenfill", "sandbox.json"), fmt.Sprintf("%x", sum)
}

type cacheEntry struct {
	Key    string
	Report Report
}

func cached(path, key string) (Report, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Report{}, false
	}
	var e cacheEntry
	if json.Unmarshal(data, &e) != nil || e.Key != key {
		return Report{}, false
	}
	return e.Report, true
}

// remember keeps a report; failing to costs a second of self-test the next time.
func remember(path, key string, report Report) {
	data, err := json.Marshal(cacheEntry{key, report})
	if err != nil || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "sandbox-*")
	if err != nil {
		return
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if temp.Close() == nil && err == nil {
		_ = os.Rename(temp.Name(), path)
	}
}
