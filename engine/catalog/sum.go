package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Progress is told how far a task is, in bytes, and what is being done now. It is
// called often and always from the goroutine that called the package.
type Progress func(done, total int64, what string)

// Verify reads the installed model and compares its sha256.
func Verify(ctx context.Context, m Model, progress Progress) error {
	file, err := os.Open(m.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return &NotInstalledError{m}
	}
	if err != nil {
		return fmt.Errorf("checking %s: %w", m.Name, err)
	}
	defer file.Close()
	if err := check(ctx, m, file, progress); err != nil {
		var wrong *wrongBytesError
		if errors.As(err, &wrong) {
			return fmt.Errorf("%s is damaged: %w; fetch it again with 'greenfill model pull %s'", m.Path(), err, m.Name)
		}
		return fmt.Errorf("checking %s: %w", m.Name, err)
	}
	return nil
}

// A wrongBytesError says that a file is not the model.
type wrongBytesError struct{ what, got, want string }

func (e *wrongBytesError) Error() string {
	return fmt.Sprintf("its %s is %s, but should be %s", e.what, e.got, e.want)
}

// check compares all of file with the model's size and sum.
func check(ctx context.Context, m Model, file *os.File, progress Progress) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.Size() != m.Size {
		return &wrongBytesError{"size", fmt.Sprint(info.Size()), fmt.Sprint(m.Size)}
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	got, err := sum(ctx, file, func(done int64) { report(progress, done, m.Size, "checking") })
	if err != nil {
		return err
	}
	if got != m.SHA256 {
		return &wrongBytesError{"sha256", got, m.SHA256}
	}
	return nil
}

// Sum is the sha256 of the file at path, in hexadecimal.
func Sum(ctx context.Context, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return sum(ctx, file, func(int64) {})
}

func sum(ctx context.Context, from io.Reader, progress func(done int64)) (string, error) {
	hash := sha256.New()
	if err := copyAll(ctx, hash, from, progress); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// copyAll is io.Copy that a context can stop and that says how far it is.
func copyAll(ctx context.Context, to io.Writer, from io.Reader, progress func(done int64)) error {
	buf := make([]byte, 1<<20)
	for done := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := from.Read(buf)
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return err
			}
			done += int64(n)
			progress(done)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func report(p Progress, done, total int64, what string) {
	if p != nil {
		p(done, total, what)
	}
}
