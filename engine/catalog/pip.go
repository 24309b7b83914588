package catalog

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A command is how the user's pip is called: a program and its first arguments.
type command []string

func (c command) String() string { return strings.Join(c, " ") }

// pips are the ways to call a pip, the most likely first.
var pips = []command{
	{"pip"},
	{"pip3"},
	{"python3", "-m", "pip"},
	{"python", "-m", "pip"},
	{"py", "-m", "pip"},
	{"uv", "tool", "run", "pip"},
}

// findPip returns the first pip that is there and answers.
func findPip(ctx context.Context) (command, error) {
	for _, c := range pips {
		if _, err := exec.LookPath(c[0]); err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, firstByte)
		err := c.start(ctx, "", "--version").Run()
		cancel()
		if err == nil {
			return c, nil
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return nil, errors.New("it needs pip or uv, and found none that works on the PATH; install one (Debian: 'apt install python3-pip')")
}

// start prepares a call that the end of ctx kills together with all it started. Its
// temporary files go to the folder work, if one is given, where we see them grow and
// can remove them.
func (c command) start(ctx context.Context, work string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c[0], append(c[1:len(c):len(c)], args...)...)
	// Nothing is installed, so a user's rule to install only into virtual environments
	// does not apply.
	cmd.Env = append(os.Environ(), "PYTHONUNBUFFERED=1", "PIP_NO_INPUT=1", "PIP_REQUIRE_VIRTUALENV=0")
	if work != "" {
		cmd.Env = append(cmd.Env, "TMPDIR="+work, "TMP="+work, "TEMP="+work)
	}
	cmd.WaitDelay = time.Second
	killTogether(cmd)
	return cmd
}

// download has pip put one wheel into the folder work. It gives up when nothing came
// within patience, or later for as long as p.stall. Meanwhile it calls progress.
func (c command) download(ctx context.Context, requirement, work string, p *pip, patience time.Duration, progress func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := c.start(ctx, work, "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir",
		"--disable-pip-version-check", "--progress-bar", "off", "--dest", work, requirement)
	runtime.LockOSThread() // Linux kills cmd when the thread that started it ends
	defer runtime.UnlockOSThread()
	var output tail
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", c, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	tick := time.NewTicker(p.poll)
	defer tick.Stop()
	size, grown := int64(0), time.Now()
	for {
		select {
		case err := <-ended:
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			if err != nil {
				return fmt.Errorf("%s: %s", c, output.reason(err))
			}
			return nil
		case <-tick.C:
			progress()
			if now := folderSize(work); now != size {
				size, grown, patience = now, time.Now(), p.stall
			} else if time.Since(grown) > patience {
				cancel(errNoAnswer) // and wait for the end
			}
		}
	}
}

// A tail keeps the last of what is written to it.
type tail struct{ bytes.Buffer }

const tailSize = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.Buffer.Write(b)
	if extra := t.Len() - tailSize; extra > 0 {
		t.Next(extra)
	}
	return len(b), nil
}

// reason is what pip said of why it failed, or err if it said nothing.
func (t *tail) reason(err error) string {
	said, last, prefix := "", "", ""
	for line := range strings.Lines(t.String()) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "connection broken") {
			// pip then goes on to say that there is no such package.
			prefix = "no package registry could be reached: "
		}
		if message, ok := strings.CutPrefix(line, "ERROR: "); ok && said == "" {
			said = message // the first is the nearest to the cause
		}
		if line != "" {
			last = line
		}
	}
	return prefix + cmp.Or(said, last, err.Error())
}
