package sandbox

import (
	"os"
	"slices"
	"time"
)

// A stamp is what tells a file from what it was when an interpreter imported it.
type stamp struct {
	path     string
	modified time.Time
	size     int64 // -1 for a file that is not there
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{path: path, size: -1}
	}
	return stamp{path, info.ModTime(), info.Size()}
}

// stale says whether a file that the pool's interpreters have imported is another by now.
func (p *pool) stale() bool {
	p.filesMu.Lock()
	defer p.filesMu.Unlock()
	return slices.ContainsFunc(p.files, func(s stamp) bool { return s != stampOf(s.path) })
}
