package sandbox

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// The launcher is this same binary, started again under the name launcherName with its
// orders in the environment. It confines itself, layer by layer, and becomes Python (or,
// for the self-test, the prober). It never comes back.

const (
	launcherName = "greenfill-sandbox"
	ordersKey    = "GREENFILL_SANDBOX_ORDERS"
)

// orders are what the launcher is told.
type orders struct {
	Layers   Layers
	Parent   int      // process number of the server, 0 inside a process namespace
	Argv     []string // the interpreter and its arguments
	Env      []string
	Dir      string   // working directory
	Readable []string // what may be read: files and folders
	Probe    *probes  // instead of Python: try what must fail
}

// Main does the launcher's work and never returns if this process was started as one;
// otherwise it returns at once. Call it first thing in main and in TestMain.
func Main() {
	text, ok := os.LookupEnv(ordersKey)
	if !ok || len(os.Args) == 0 || os.Args[0] != launcherName {
		return
	}
	runtime.LockOSThread() // filters below hold for this thread, which becomes Python
	var o orders
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = launch(&o)
	}
	fmt.Fprintln(os.Stderr, "greenfill sandbox:", err)
	os.Exit(exitUnconfined)
}

// exitUnconfined is the exit code of a launcher that could not confine itself.
const exitUnconfined = 125

// launch confines this process and executes the interpreter; it returns only on failure.
func launch(o *orders) error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("asking to end with the server: %w", err)
	}
	if o.Parent != 0 && os.Getppid() != o.Parent {
		return fmt.Errorf("the server has gone")
	}
	if o.Layers.Namespaces {
		if err := enterRoot(o.Readable); err != nil {
			return fmt.Errorf("building the file system: %w", err)
		}
	}
	dir := o.Dir
	if dir == "" {
		dir = "/"
	}
	if err := os.Chdir(dir); err != nil {
		return fmt.Errorf("entering the workspace: %w", err)
	}
	if err := limitZygote(); err != nil {
		return fmt.Errorf("setting limits: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("giving up new privileges: %w", err)
	}
	if o.Layers.Landlock {
		if err := restrictFiles(o.Readable); err != nil {
			return fmt.Errorf("restricting files: %w", err)
		}
	}
	if err := dropCapabilities(); err != nil {
		return fmt.Errorf("dropping capabilities: %w", err)
	}
	if o.Probe != nil {
		return o.Probe.run(o.Layers)
	}
	if o.Layers.Seccomp {
		program, err := zygoteFilter()
		if err != nil {
			return err
		}
		if err := program.load(); err != nil {
			return fmt.Errorf("filtering system calls: %w", err)
		}
	}
	return syscall.Exec(o.Argv[0], o.Argv, o.Env)
}

// limitZygote sets the limits of the warm interpreter; its children set tighter ones.
func limitZygote() error {
	for _, l := range []struct {
		resource int
		value    uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_NOFILE, 64},
		{unix.RLIMIT_AS, 8 << 30},
		{unix.RLIMIT_FSIZE, 1 << 20},
		{unix.RLIMIT_MSGQUEUE, 0},
		{unix.RLIMIT_MEMLOCK, 0},
	} {
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.value, Max: l.value}); err != nil {
			return err
		}
	}
	return nil
}

// dropCapabilities gives up every capability and the ways to regain one.
func dropCapabilities() error {
	for c := uintptr(0); c <= 63; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil {
			break // the last one this kernel knows; or not permitted, and then there are none
		}
	}
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	return unix.Capset(&header, &none[0])
}
