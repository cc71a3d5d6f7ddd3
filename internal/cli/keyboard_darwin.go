package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardInput drops what was typed on the terminal and not read yet.
func discardInput() { _ = unix.IoctlSetPointerInt(int(os.Stdin.Fd()), unix.TIOCFLUSH, unix.TCIFLUSH) } // a pipe has nothing to drop
