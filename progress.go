package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A bar shows how a piece of work goes on, on standard error, if a terminal is there to
// show it. The zero value shows nothing.
type bar struct{ p *progressbar.ProgressBar }

func newBar(w io.Writer, what string, total int) bar {
	if !isTerminal(w) {
		return bar{}
	}
	return bar{progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(20),
		progressbar.OptionThrottle(60*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// Set shows that n of the total are done.
func (b bar) Set(n int, what string) {
	if b.p != nil {
		b.p.Describe(what)
		b.p.Set(n) // an error here is a terminal that went away
	}
}

// Close takes the bar off the terminal.
func (b bar) Close() {
	if b.p != nil {
		b.p.Clear()
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// A bytesBar shows how a file comes in or is read.
type bytesBar struct {
	w     io.Writer
	p     *progressbar.ProgressBar
	what  string
	tenth int64
}

func newBytesBar(w io.Writer, what string, size int64) *bytesBar {
	b := &bytesBar{w: w, what: what}
	if isTerminal(w) {
		b.p = progressbar.NewOptions64(size,
			progressbar.OptionSetWriter(w),
			progressbar.OptionSetDescription(what),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetWidth(20),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	return b
}

// SetBytes shows how far the work is: on a terminal always, elsewhere as a line at each
// tenth, since a fetch takes minutes.
func (b *bytesBar) SetBytes(done, total int64, what string) {
	if b.p != nil {
		b.p.Describe(b.what + ": " + what)
		b.p.Set64(done)
		return
	}
	if tenth := 10 * done / max(total, 1); tenth != b.tenth {
		b.tenth = tenth
		fmt.Fprintf(b.w, "%s: %s, %d %%\n", b.what, what, 10*tenth)
	}
}

// Close takes the bar off the terminal.
func (b *bytesBar) Close() {
	if b.p != nil {
		b.p.Clear()
	}
}
