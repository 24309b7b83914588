package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// replaceFile puts text into the file of t at once or not at all, with the mode that the
// file has, in its encoding. It refuses if the file is no longer what t read.
func replaceFile(t *target, text []byte) (err error) {
	encoded, err := t.encoded(text)
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	path, err := filepath.EvalSymlinks(t.path) // a link stays a link
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	now, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	if !bytes.Equal(now, t.raw) {
		return fmt.Errorf("%s was changed while its functions were being completed: nothing was written; run the command again", t.path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".greenfill-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(tmp.Name())
			err = fmt.Errorf("writing %s: %w", t.path, err)
		}
	}()
	if _, err = tmp.Write(encoded); err == nil {
		err = tmp.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
