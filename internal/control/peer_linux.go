package control

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer is the user at the other end of a unix socket (unix(7), SO_PEERCRED).
func peer(conn *net.UnixConn) (uid uint32, known bool) {
	raw, err := conn.SyscallConn() // an error also of nil
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) {
		if credentials, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			uid, known = credentials.Uid, true
		}
	})
	return uid, known && err == nil
}
