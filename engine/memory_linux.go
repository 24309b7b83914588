package engine

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"greenfill/engine/gguf"
)

// dropPages tells the kernel that the file's pages behind t are not needed in memory.
// They stay in the page cache, and a look at them reads them again.
func dropPages(t *gguf.Tensor) {
	page := os.Getpagesize()
	// Only whole pages: the neighbours' bytes may be in use. The mapping begins on a page.
	skip := (page - t.Offset%page) % page
	if len(t.Data) < skip+page {
		return
	}
	data := t.Data[skip : skip+(len(t.Data)-skip)/page*page]
	// Advice that is not taken costs memory, not correctness.
	_ = unix.Madvise(data, unix.MADV_DONTNEED)
}

// availableMemory returns the bytes that this process may still take without swapping,
// by the machine and by its control group, and false if that is unknown.
func availableMemory() (int64, bool) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	var free int64
	known := false
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var kib int64
		if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kib); n == 1 {
			free, known = kib<<10, true
		}
	}
	if limit, ok := readNumber("/sys/fs/cgroup/memory.max"); ok {
		if used, ok := readNumber("/sys/fs/cgroup/memory.current"); ok {
			free = min(free, max(0, limit-used+reclaimable()))
		}
	}
	return free, known
}

// reclaimable returns the bytes of the control group's use that are only file cache.
func reclaimable() int64 {
	data, err := os.ReadFile("/sys/fs/cgroup/memory.stat")
	if err != nil {
		return 0
	}
	var file int64
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var n int64
		if found, _ := fmt.Sscanf(lines.Text(), "inactive_file %d", &n); found == 1 {
			file = n
		}
	}
	return file
}

func readNumber(path string) (int64, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}

// residentMemory returns the bytes of memory that this process holds.
func residentMemory() (int64, error) {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, fmt.Errorf("reading resident memory: %w", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(data), &size, &resident); err != nil {
		return 0, fmt.Errorf("reading resident memory: %w", err)
	}
	return resident * int64(os.Getpagesize()), nil
}
