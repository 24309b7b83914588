package sandbox

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Three filters, each an allowlist whose default is EPERM, each tighter than the last:
//
//	zygoteFilter  the launcher loads it before it becomes Python
//	sealFilter    the zygote loads it first of all: no more execve
//	childFilter   a forked child loads it: no fork, no signals to others, no sockets
//
// The library sends system calls of a foreign architecture to the default action; here
// they end the process, as do those of the x32 interface.

// calls every Python program needs and that reach nothing outside the process.
var plainCalls = []string{
	"read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "lseek", "close", "close_range",
	"fstat", "newfstatat", "stat", "lstat", "statx", "statfs", "fstatfs", "access", "faccessat", "faccessat2",
	"readlink", "readlinkat", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "dup", "dup2", "dup3", "fadvise64",
	"poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "eventfd", "eventfd2", "pipe", "pipe2", "timerfd_create", "timerfd_settime", "timerfd_gettime",
	"recvfrom", "recvmsg", "sendmsg", "shutdown", "getsockopt", "getsockname", "getpeername",
	"munmap", "mprotect", "mremap", "madvise", "brk", "msync", "mincore", "membarrier",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend", "sigaltstack",
	"futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "restart_syscall",
	"sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
	"sched_get_priority_min", "getcpu",
	"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid", "getresgid",
	"getpgid", "getpgrp", "getsid", "getpriority", "umask", "uname", "sysinfo", "times", "getrusage", "getrlimit", "capget",
	"clock_gettime", "clock_getres", "clock_nanosleep", "gettimeofday", "time", "nanosleep", "pause", "alarm",
	"getitimer", "setitimer",
	"getrandom", "exit", "exit_group", "arch_prctl", "landlock_create_ruleset", "landlock_add_rule",
	"landlock_restrict_self", "setrlimit",
}

// calls only the zygote needs.
var zygoteCalls = []string{"fork", "vfork", "wait4", "waitid", "kill", "tgkill", "tkill", "prctl", "seccomp", "prlimit64",
	"set_mempolicy", "get_mempolicy",
	// A child sets its own end by these before it gives them up.
	"timer_create", "timer_settime"}

// pidMark stands in a child's filter where its own process number belongs; the child
// puts it there before loading.
const pidMark = 0x67f111ed

// writeFlags are the open flags through which a file could be changed or made.
const writeFlags = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC | unix.O_APPEND

// ioctl commands on a descriptor's own flags; the same numbers on amd64 and arm64.
const fionread, fionbio, fionclex, fioclex = 0x541b, 0x5421, 0x5450, 0x5451

// conditional are calls allowed only with harmless arguments, in zygote and child alike.
func conditional() []seccomp.NameWithConditions {
	bits := func(op seccomp.Operation, arg uint32, v uint64) seccomp.Condition {
		return seccomp.Condition{Argument: arg, Operation: op, Value: v}
	}
	out := []seccomp.NameWithConditions{
		// Files are opened for reading only, whatever the other layers say.
		{Name: "open", Conditions: seccomp.ArgumentConditions{bits(seccomp.BitsNotSet, 1, writeFlags)}},
		{Name: "openat", Conditions: seccomp.ArgumentConditions{bits(seccomp.BitsNotSet, 2, writeFlags)}},
		// No memory that outlives a fork and stays shared.
		{Name: "mmap", Conditions: seccomp.ArgumentConditions{bits(seccomp.BitsNotSet, 3, unix.MAP_SHARED)}},
		{Name: "mmap", Conditions: seccomp.ArgumentConditions{bits(seccomp.BitsNotSet, 2, unix.PROT_WRITE)}},
	}
	// asyncio makes a pair of connected sockets to wake itself; a datagram socket could
	// send to any socket file, so only streams.
	for _, flags := range []uint64{0, unix.SOCK_CLOEXEC, unix.SOCK_NONBLOCK, unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK} {
		out = append(out, seccomp.NameWithConditions{Name: "socketpair", Conditions: seccomp.ArgumentConditions{
			bits(seccomp.Equal, 0, unix.AF_UNIX), bits(seccomp.Equal, 1, unix.SOCK_STREAM|flags)}})
	}
	// Only connected sockets: no address, hence no connectionless sending.
	out = append(out, seccomp.NameWithConditions{Name: "sendto", Conditions: seccomp.ArgumentConditions{bits(seccomp.Equal, 4, 0)}})
	for _, cmd := range []uint64{unix.F_DUPFD, unix.F_DUPFD_CLOEXEC, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL, unix.F_SETFL} {
		out = append(out, seccomp.NameWithConditions{Name: "fcntl", Conditions: seccomp.ArgumentConditions{bits(seccomp.Equal, 1, cmd)}})
	}
	for _, cmd := range []uint64{unix.TCGETS, unix.TIOCGWINSZ, fionread, fionbio, fionclex, fioclex} {
		out = append(out, seccomp.NameWithConditions{Name: "ioctl", Conditions: seccomp.ArgumentConditions{bits(seccomp.Equal, 1, cmd)}})
	}
	return out
}

// childConditional are calls a child may make only on itself.
func childConditional() []seccomp.NameWithConditions {
	self := seccomp.Condition{Argument: 0, Operation: seccomp.Equal, Value: pidMark}
	thread := seccomp.Condition{Argument: 0, Operation: seccomp.BitsSet, Value: unix.CLONE_THREAD}
	out := []seccomp.NameWithConditions{
		{Name: "kill", Conditions: seccomp.ArgumentConditions{self}},
		{Name: "tgkill", Conditions: seccomp.ArgumentConditions{self}},
		{Name: "clone", Conditions: seccomp.ArgumentConditions{thread}},
	}
	for _, who := range []uint64{0, pidMark} {
		// Reading a limit of its own; setting goes through setrlimit and can only lower.
		out = append(out, seccomp.NameWithConditions{Name: "prlimit64", Conditions: seccomp.ArgumentConditions{
			{Argument: 0, Operation: seccomp.Equal, Value: who}, {Argument: 2, Operation: seccomp.Equal, Value: 0}}})
	}
	return out
}

// A filter is an assembled seccomp program.
type filter []bpf.RawInstruction

func zygoteFilter() (filter, error) {
	return assemble(append(append([]string{"execve", "clone"}, plainCalls...), zygoteCalls...), conditional())
}

func sealFilter() (filter, error) {
	return assemble(append(append([]string{"clone"}, plainCalls...), zygoteCalls...), conditional())
}

func childFilter() (filter, error) {
	return assemble(plainCalls, append(conditional(), childConditional()...))
}

// assemble allows the named calls, answers ENOSYS to clone3 (whose flags no filter can
// see; libc then uses clone), and EPERM to all others.
func assemble(names []string, conditions []seccomp.NameWithConditions) (filter, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, fmt.Errorf("filtering system calls on %s: %w", runtime.GOARCH, err)
	}
	allow := seccomp.SyscallGroup{Action: seccomp.ActionAllow}
	for _, name := range names {
		if _, ok := info.SyscallNames[name]; ok {
			allow.Names = append(allow.Names, name)
		}
	}
	for _, c := range conditions {
		if _, ok := info.SyscallNames[c.Name]; ok {
			allow.NamesWithCondtions = append(allow.NamesWithCondtions, c)
		}
	}
	policy := seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: []seccomp.SyscallGroup{
		{Names: []string{"clone3"}, Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS)}, allow}}
	body, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("assembling a system call filter: %w", err)
	}
	kill := bpf.RetConstant{Val: uint32(seccomp.ActionKillProcess)}
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: 4, Size: 4}, // the architecture
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.ID), SkipTrue: 1},
		kill,
	}
	if runtime.GOARCH == "amd64" {
		program = append(program,
			bpf.LoadAbsolute{Off: 0, Size: 4}, // the call's number
			bpf.JumpIf{Cond: bpf.JumpGreaterOrEqual, Val: uint32(arch.X32.SeccompMask), SkipFalse: 1},
			kill)
	}
	raw, err := bpf.Assemble(append(program, body...))
	if err != nil {
		return nil, fmt.Errorf("assembling a system call filter: %w", err)
	}
	return raw, nil
}

// load installs the filter in this thread and what it becomes.
func (f filter) load() error {
	program := make([]unix.SockFilter, len(f))
	for i, in := range f {
		program[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&fprog)))
	runtime.KeepAlive(program)
	if errno != 0 {
		return errno
	}
	return nil
}

// hex is the filter as the kernel reads it, for a process that loads it by itself.
func (f filter) hex() string {
	out := make([]byte, 0, 8*len(f))
	for _, in := range f {
		out = append(out, byte(in.Op), byte(in.Op>>8), in.Jt, in.Jf,
			byte(in.K), byte(in.K>>8), byte(in.K>>16), byte(in.K>>24))
	}
	return hex.EncodeToString(out)
}
