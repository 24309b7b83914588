package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// A log keeps outcomes in a file of JSON lines: the settings first, then one line a task.
// The zero value keeps nothing.
type log struct{ file *os.File }

// openLog opens path for appending and returns the outcomes that it already holds.
func openLog(path string, s Settings) (log, []Outcome, error) {
	if path == "" {
		return log{}, nil, nil
	}
	outcomes, end, err := readLog(path, s)
	if err != nil {
		return log{}, nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return log{}, nil, fmt.Errorf("keeping outcomes: %w", err)
	}
	l := log{file}
	// A run that was cut off may have left half a line.
	if err := errors.Join(file.Truncate(end), seekTo(file, end)); err != nil {
		file.Close()
		return log{}, nil, fmt.Errorf("keeping outcomes in %s: %w", path, err)
	}
	if end == 0 {
		if err := l.append(s); err != nil {
			file.Close()
			return log{}, nil, err
		}
	}
	return l, outcomes, nil
}

func seekTo(f *os.File, end int64) error {
	_, err := f.Seek(end, 0)
	return err
}

// readLog reads the whole lines of a log; end is the length of those. A log of other
// settings is refused: its outcomes would not be comparable.
func readLog(path string, s Settings) (outcomes []Outcome, end int64, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading outcomes: %w", err)
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return outcomes, end, nil // the end, or half a line
		}
		if n == 1 {
			var kept Settings
			if err := json.Unmarshal(line, &kept); err != nil || kept != s {
				return nil, 0, fmt.Errorf("%s was measured with other settings: name another file, or remove it", path)
			}
		} else {
			var o Outcome
			if err := json.Unmarshal(line, &o); err != nil {
				return nil, 0, fmt.Errorf("line %d of %s is not an outcome: name another file, or remove it: %w", n, path, err)
			}
			outcomes = append(outcomes, o)
		}
		end += int64(len(line))
	}
}

func (l log) append(v any) error {
	if l.file == nil {
		return nil
	}
	line, err := json.Marshal(v)
	if err == nil {
		_, err = l.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keeping outcomes: %w", err)
	}
	return nil
}

// Close closes the file.
func (l log) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
