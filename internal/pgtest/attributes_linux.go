package pgtest

import (
	"os"
	"syscall"
)

// nobody is the user that runs the server where the tests are root's, whose it may not be.
const nobody = 65534

// attributes end a server with the tests that started it, however those end.
func attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Geteuid() == 0 {
		a.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return a
}

// give gives files to who runs the server.
func give(paths ...string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, path := range paths {
		if err := os.Chown(path, nobody, nobody); err != nil {
			return err
		}
	}
	return nil
}
