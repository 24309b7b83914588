package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Two layers decide which files exist for a candidate: Landlock, which denies opening
// anything but what is listed, and where namespaces work a root file system that holds
// nothing else.

// Access rights of the Landlock versions: files from 1 (execute to make_sym), 2 (refer),
// 3 (truncate) and 5 (ioctl), TCP from 4, abstract sockets and signals from 6, connecting
// to socket files from 9, UDP from 10.
const (
	readFile   = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE
	readFolder = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
)

// rulesetAttr is the kernel's struct landlock_ruleset_attr.
type rulesetAttr struct{ files, net, scoped uint64 }

// handled is every right that a version can restrict.
func handled(version int) rulesetAttr {
	files := map[int]int{1: 13, 2: 14, 3: 15, 5: 16, 9: 17} // version -> number of rights
	var a rulesetAttr
	for v, n := range files {
		if version >= v {
			a.files = max(a.files, 1<<n-1)
		}
	}
	if version >= 4 {
		a.net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if version >= 6 {
		a.scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	if version >= 10 {
		a.net |= 1<<2 | 1<<3 // bind and send by UDP
	}
	return a
}

// restrictFiles lets this thread, and what it becomes, read and execute only the listed
// files and folders, and write, connect or signal nothing outside: the strongest form
// that the kernel has. The calls are made directly: the Go library for them restricts all
// threads of a process, which with cgo needs /proc, and this process has one that counts.
func restrictFiles(readable []string) error {
	version := landlockVersion()
	if version == 0 {
		return errors.New("this kernel has no Landlock")
	}
	attr := handled(version)
	ruleset, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return fmt.Errorf("creating rules: %w", errno)
	}
	defer unix.Close(int(ruleset))
	if err := allowPath(int(ruleset), "/dev/null", readFile|unix.LANDLOCK_ACCESS_FS_WRITE_FILE); err != nil {
		return err
	}
	for _, path := range append(readable, devices...) {
		if err := allowPath(int(ruleset), path, readFolder); err != nil {
			return err
		}
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, ruleset, 0, 0); errno != 0 {
		return fmt.Errorf("applying rules: %w", errno)
	}
	return nil
}

// allowPath adds a rule for a path; one that does not exist or may not be looked at needs none.
func allowPath(ruleset int, path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &^= unix.LANDLOCK_ACCESS_FS_READ_DIR
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("allowing %s: %w", path, errno)
	}
	return nil
}

// landlockVersion is the kernel's Landlock version, 0 if it has none.
func landlockVersion() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// devices are the device files a Python program may open.
var devices = []string{"/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"}

// enterRoot makes a file system that holds the readable paths and some devices, read-only,
// the root of this process. It needs a mount namespace of its own.
func enterRoot(readable []string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making mounts private: %w", err)
	}
	const root = "/proc" // any folder that surely exists: it is covered
	if err := unix.Mount("greenfill", root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,mode=755"); err != nil {
		return fmt.Errorf("mounting an empty root: %w", err)
	}
	if err := bindAll(root, append(append([]string(nil), devices...), readable...)); err != nil {
		return err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID}
	if err := unix.MountSetattr(-1, root, unix.AT_RECURSIVE, &attr); err != nil {
		return fmt.Errorf("making the root read-only: %w", err)
	}
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("entering the root: %w", err)
	}
	return unix.Unmount(".", unix.MNT_DETACH)
}

// bindAll mounts each path that exists at the same place under root. What lies inside a
// path already mounted is there already.
func bindAll(root string, paths []string) error {
	sort.Strings(paths)
	var done []string
	for _, path := range paths {
		if within(path, done) {
			continue
		}
		source, err := filepath.EvalSymlinks(path)
		if err != nil {
			continue
		}
		info, err := os.Stat(source)
		if err != nil {
			continue
		}
		target := root + path
		if err := mountPoint(target, info.IsDir()); err != nil {
			return err
		}
		if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("showing %s: %w", path, err)
		}
		done = append(done, path)
	}
	return nil
}

// mountPoint makes an empty folder or file to mount on.
func mountPoint(target string, dir bool) error {
	if dir {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, nil, 0o644)
}
