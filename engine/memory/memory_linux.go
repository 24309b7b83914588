package memory

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// Read asks the kernel, and the control groups that a container puts us into.
func Read() (Memory, error) { return read(os.DirFS("/")) }

func read(root fs.FS) (Memory, error) {
	fields, err := numbers(root, "proc/meminfo")
	if err != nil {
		return Memory{}, fmt.Errorf("reading the size of memory: %w", err)
	}
	m := Memory{Total: fields["MemTotal:"] << 10, Free: fields["MemAvailable:"] << 10} // given in KiB
	if m.Total <= 0 {
		return Memory{}, fmt.Errorf("reading the size of memory: no MemTotal in /proc/meminfo")
	}
	for _, group := range groups(root) {
		limit, ok := number(root, path.Join(group, "memory.max"))
		if !ok {
			continue // "max": no limit, or the kernel has no such file
		}
		used, _ := number(root, path.Join(group, "memory.current"))
		stat, _ := numbers(root, path.Join(group, "memory.stat"))
		used -= stat["inactive_file"] // cached file contents, which give way
		m.Total = min(m.Total, limit)
		m.Free = min(m.Free, max(0, limit-used))
	}
	return m, nil
}

// groups are the folders of our control group (version 2) and all above it.
func groups(root fs.FS) []string {
	data, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	const mount = "sys/fs/cgroup"
	for line := range strings.Lines(string(data)) {
		if own, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			list := []string{mount}
			for at := path.Clean(own); at != "/" && at != "."; at = path.Dir(at) {
				list = append(list, path.Join(mount, at))
			}
			return list
		}
	}
	return nil
}

// number reads a file that holds one number.
func number(root fs.FS, name string) (int64, bool) {
	data, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}

// numbers reads a file of lines that begin with a name and a number.
func numbers(root fs.FS, name string) (map[string]int64, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found := map[string]int64{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		if n, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			found[fields[0]] = n
		}
	}
	return found, lines.Err()
}

// Resident returns the bytes of memory that this process holds.
func Resident() (int64, error) {
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
