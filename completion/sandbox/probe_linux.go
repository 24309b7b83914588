package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// probes are what the self-test tries from inside: each names something real outside.
type probes struct {
	Canary string // a readable file of the user's, outside every readable path
	Folder string // a writable folder outside
	Port   int    // a listening TCP port on the loopback device
	Socket string // a listening socket file
	Server int    // the server's process number
	Allow  string // a file that must stay readable
}

// A probe tries one thing; nil means it worked.
type probe struct {
	name string
	try  func(*probes) error
}

// denied are the things that must not work.
var denied = []probe{
	{"read a file outside", func(p *probes) error { return open(p.Canary, unix.O_RDONLY) }},
	{"write a file outside", func(p *probes) error { return open(p.Folder+"/written", unix.O_WRONLY|unix.O_CREAT) }},
	{"change a file's mode", func(p *probes) error { return unix.Chmod(p.Canary, 0o600) }},
	{"change a file's times", func(p *probes) error { return unix.Utimes(p.Canary, nil) }},
	{"remove a file", func(p *probes) error { return unix.Unlink(p.Canary) }},
	{"connect by TCP", func(p *probes) error {
		return withSocket(unix.AF_INET, unix.SOCK_STREAM, func(fd int) error {
			return unix.Connect(fd, &unix.SockaddrInet4{Port: p.Port, Addr: [4]byte{127, 0, 0, 1}})
		})
	}},
	{"send by UDP", func(p *probes) error {
		return withSocket(unix.AF_INET, unix.SOCK_DGRAM, func(fd int) error {
			return unix.Sendto(fd, []byte("x"), 0, &unix.SockaddrInet4{Port: p.Port, Addr: [4]byte{127, 0, 0, 1}})
		})
	}},
	{"connect to a socket file", func(p *probes) error {
		return withSocket(unix.AF_UNIX, unix.SOCK_STREAM, func(fd int) error {
			return unix.Connect(fd, &unix.SockaddrUnix{Name: p.Socket})
		})
	}},
	{"make a datagram socket", func(*probes) error {
		_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		return err
	}},
	{"signal the server", func(p *probes) error { return unix.Kill(p.Server, 0) }},
	{"trace another process", func(p *probes) error { return unix.PtraceSeize(p.Server) }},
	{"change another process's limits", func(p *probes) error {
		return unix.Prlimit(p.Server, unix.RLIMIT_CORE, &unix.Rlimit{}, nil)
	}},
	{"fork", fork0},
	{"use memory over the limit", func(*probes) error {
		_, err := unix.Mmap(-1, 0, 2*probeMemory, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		return err
	}},
	{"share memory", func(*probes) error {
		_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANON)
		return err
	}},
}

// allowed are the controls: without them a machine where nothing works would look safe.
var allowed = []probe{
	{"read an allowed file", func(p *probes) error { return open(p.Allow, unix.O_RDONLY) }},
	{"read random bytes", func(*probes) error { return open("/dev/urandom", unix.O_RDONLY) }},
	{"use some memory", func(*probes) error {
		_, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		return err
	}},
}

// probeMemory is the address space of a prober, which is a Go program.
const probeMemory = 8 << 30

// A finding is what a prober writes: what worked that must not, what failed that must not.
type finding struct {
	Leaks  []string
	Broken []string
}

// run confines this process as a child would be and tries everything; it ends the process.
func (p *probes) run(l Layers) error {
	limit := unix.Rlimit{Cur: probeMemory, Max: probeMemory}
	if err := unix.Setrlimit(unix.RLIMIT_AS, &limit); err != nil {
		return err
	}
	if l.Seccomp {
		f, err := childFilter()
		if err != nil {
			return err
		}
		for i := range f {
			if f[i].K == pidMark {
				f[i].K = uint32(os.Getpid())
			}
		}
		if err := f.load(); err != nil {
			return fmt.Errorf("filtering system calls: %w", err)
		}
	}
	var found finding
	for _, d := range denied {
		if d.try(p) == nil {
			found.Leaks = append(found.Leaks, d.name)
		}
	}
	for _, a := range allowed {
		if err := a.try(p); err != nil {
			found.Broken = append(found.Broken, fmt.Sprintf("%s: %v", a.name, err))
		}
	}
	// Executing comes last: where it works, this process is gone without a word.
	if err := syscall.Exec("/bin/true", []string{"true"}, nil); errors.Is(err, unix.ENOENT) {
		found.Broken = append(found.Broken, "no /bin/true to try to execute")
	}
	text, err := json.Marshal(found)
	if err != nil {
		return err
	}
	if _, err := os.Stdout.Write(text); err != nil {
		return err
	}
	os.Exit(0)
	return nil // not reached
}

func open(path string, flags int) error {
	fd, err := unix.Open(path, flags, 0o600)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

func withSocket(family, kind int, use func(fd int) error) error {
	fd, err := unix.Socket(family, kind, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return use(fd)
}

// fork0 makes a child that ends at once.
func fork0(*probes) error {
	pid, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	if pid == 0 {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	var status uint32
	_, _, _ = syscall.Syscall6(unix.SYS_WAIT4, pid, uintptr(unsafe.Pointer(&status)), 0, 0, 0, 0)
	return nil
}
