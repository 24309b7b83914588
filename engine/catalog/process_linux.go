package catalog

import (
	"os/exec"
	"syscall"
)

// killTogether lets the end of cmd's context kill cmd and all it started, and lets the
// kernel kill cmd should this process die first.
func killTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
