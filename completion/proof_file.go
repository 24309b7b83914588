package completion

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxProof is the size of the largest proof that is read, in bytes.
const maxProof = 32 << 20

// ReadProof reads the proof in a file.
func ReadProof(path string) (*Proof, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a proof: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxProof+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading a proof: %w", err)
	case len(raw) > maxProof:
		return nil, fmt.Errorf("reading the proof %s: it is larger than %d MiB", path, maxProof>>20)
	}
	p, err := DecodeProof(raw)
	if err != nil {
		return nil, fmt.Errorf("reading the proof %s: %w", path, err)
	}
	return p, nil
}

// Save puts the proof into a file, at once or not at all, in place of what was there.
func (p *Proof) Save(path string) error {
	raw, err := p.Encode()
	if err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		err = os.WriteFile(path, raw, 0o644) // a pipe or a terminal
		return saving(path, err)
	}
	return saving(path, ReplaceFile(path, raw, 0o644))
}

// SaveBeside puts the proof, which is one of the function called name, into a new file
// beside the proof's file, and returns its path. A file that is there already stays as it
// is: if it holds this very proof, that is its path, else the next free number is taken.
func (p *Proof) SaveBeside(name string) (path string, err error) {
	raw, err := p.Encode()
	if err != nil {
		return "", err
	}
	stem := strings.TrimSuffix(p.File, filepath.Ext(p.File)) + "." + strings.ReplaceAll(name, ".<locals>", "")
	for n := 1; ; n++ {
		path = stem + ".proof.json"
		if n > 1 {
			path = fmt.Sprintf("%s.%d.proof.json", stem, n)
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if errors.Is(err, fs.ErrExist) {
			if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, raw) {
				return path, nil
			}
			continue
		}
		if err != nil {
			return "", saving(path, err)
		}
		f.Close() // it is empty, and only holds the name
		if err := ReplaceFile(path, raw, 0o644); err != nil {
			os.Remove(path)
			return "", saving(path, err)
		}
		return path, nil
	}
}

func saving(path string, err error) error {
	if err != nil {
		return fmt.Errorf("saving the proof %s: %w", path, err)
	}
	return nil
}

// ReplaceFile puts data into the file at path at once or not at all, with the mode given.
// A link stays a link.
func ReplaceFile(path string, data []byte, mode fs.FileMode) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".greenfill-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(mode)
	}
	if err == nil {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		os.Remove(tmp.Name()) // it may be gone already
	}
	return err
}
