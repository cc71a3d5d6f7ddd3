package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardInput drops what was typed on the terminal and not read yet.
func discardInput() { _ = unix.IoctlSetInt(int(os.Stdin.Fd()), unix.TCFLSH, unix.TCIFLUSH) } // a pipe has nothing to drop
