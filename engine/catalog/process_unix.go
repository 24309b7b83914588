//go:build unix && !linux

package catalog

import (
	"os/exec"
	"syscall"
)

// killTogether lets the end of cmd's context kill cmd and all it started.
func killTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
