package main

import (
	"bytes"
	"fmt"
	"os"

	"greenfill/completion"
)

// replaceFile puts text into the file of t at once or not at all, with the mode that the
// file has, in its encoding. It refuses if the file is no longer what t read.
func replaceFile(t *target, text []byte) error {
	encoded, err := t.encoded(text)
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	now, err := os.ReadFile(t.path)
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	if !bytes.Equal(now, t.raw) {
		return fmt.Errorf("%s was changed while its functions were being completed: nothing was written; run the command again", t.path)
	}
	info, err := os.Stat(t.path)
	if err == nil {
		err = completion.ReplaceFile(t.path, encoded, info.Mode().Perm())
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", t.path, err)
	}
	return nil
}
