package memory

import (
	"testing"
	"testing/fstest"
)

func TestRead(t *testing.T) {
	const info = "MemTotal:       8000000 kB\nMemFree:         100000 kB\nMemAvailable:   5000000 kB\nHugePages_Total: 0\n"
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	for name, c := range map[string]struct {
		root fstest.MapFS
		want Memory
	}{
		"no control groups": {
			fstest.MapFS{"proc/meminfo": file(info)},
			Memory{8_192_000_000, 5_120_000_000},
		},
		"no limit": {
			fstest.MapFS{"proc/meminfo": file(info), "proc/self/cgroup": file("0::/user.slice\n"), "sys/fs/cgroup/user.slice/memory.max": file("max\n")},
			Memory{8_192_000_000, 5_120_000_000},
		},
		"container": {
			fstest.MapFS{"proc/meminfo": file(info), "proc/self/cgroup": file("0::/\n"),
				"sys/fs/cgroup/memory.max": file("2000000000\n"), "sys/fs/cgroup/memory.current": file("900000000\n"),
				"sys/fs/cgroup/memory.stat": file("anon 1\ninactive_file 400000000\n")},
			Memory{2_000_000_000, 1_500_000_000},
		},
		"limit above our own group": {
			fstest.MapFS{"proc/meminfo": file(info), "proc/self/cgroup": file("1:name=systemd:/x\n0::/a/b\n"),
				"sys/fs/cgroup/a/memory.max": file("1000\n"), "sys/fs/cgroup/a/memory.current": file("4000\n")},
			Memory{1000, 0},
		},
	} {
		if got, err := read(c.root); err != nil || got != c.want {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, c.want)
		}
	}
	if _, err := read(fstest.MapFS{}); err == nil {
		t.Error("no /proc: no error")
	}
	if m, err := Read(); err != nil || m.Free <= 0 || m.Free > m.Total {
		t.Errorf("this machine: got %+v, %v", m, err)
	}
}
