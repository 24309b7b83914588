package catalog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// A download is a model in the making: its ".part" file.
type download struct {
	model    Model
	file     *os.File
	size     int64
	shown    int64  // the progress that was reported
	what     string // what is being done, for progress
	progress Progress
	note     func(string)
}

// Write appends to the file, up to the model's size.
func (d *download) Write(b []byte) (int, error) {
	if int64(len(b)) > d.model.Size-d.size {
		return 0, errors.New("it sends more bytes than the model has")
	}
	n, err := d.file.Write(b)
	d.size += int64(n)
	d.report(0)
	return n, err
}

// report tells progress, which never goes back; coming is what has arrived but is not
// yet in the file.
func (d *download) report(coming int64) {
	d.shown = min(max(d.shown, d.size+coming), d.model.Size)
	report(d.progress, d.shown, d.model.Size, d.what)
}

// truncate throws away what lies behind the first n bytes.
func (d *download) truncate(n int64) error {
	if err := d.file.Truncate(n); err != nil {
		return err
	}
	d.size, d.shown = n, n
	_, err := d.file.Seek(n, io.SeekStart)
	return err
}

func (p *puller) openDownload() (*download, error) {
	file, err := os.OpenFile(p.model.partPath(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("writing to the models' folder: %w; set %s to a folder that you can write to", err, environmentDir)
	}
	size, err := file.Seek(0, io.SeekEnd)
	d := &download{model: p.model, file: file, size: size, progress: p.progress, note: p.say}
	if err == nil && size > p.model.Size {
		err = d.truncate(0)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return d, nil
}

// A spaceError says that the disk has too little room.
type spaceError struct{ needed, free int64 }

func (e *spaceError) Error() string {
	return fmt.Sprintf("it needs %s in %s, but only %s are free; free some, or set %s to a folder on another disk",
		FormatSize(e.needed), Dir(), FormatSize(e.free), environmentDir)
}

func (p *puller) checkSpace(d *download, extra int64) error {
	needed := p.model.Size - d.size + extra
	free, err := p.freeSpace(Dir())
	if err == nil && free < needed { // where it cannot be known, the write will tell
		return &spaceError{needed, free}
	}
	return nil
}

// diskFull makes a clear sentence of a write that found the disk full.
func (p *puller) diskFull(err error) error {
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	free, _ := p.freeSpace(Dir())
	return &spaceError{p.model.Size, free}
}
