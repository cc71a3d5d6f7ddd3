//go:build unix

package cli

import (
	"context"
	"os/exec"
	"syscall"
)

// shell is a command line for the system's shell.
func shell(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", command) //nolint:gosec // it is what the operator asks for
}

// alone gives a command a process group of its own, all of which ends with it: a
// signal to bulknum is not one to the command.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
