package cli

import (
	"context"
	"os/exec"
	"syscall"
)

// shell is a command line for the system's shell, which takes it as it is.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + command + `"`}
	return cmd
}

// alone gives a command a process group of its own: an interrupt of bulknum is
// not one of the command.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr.CreationFlags = syscall.CREATE_NEW_PROCESS_GROUP }
