package control

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer is the user at the other end of a unix socket (unix(7), SO_PEERCRED).
func peer(talk net.Conn) (uid uint32, known bool) {
	socket, ok := talk.(*net.UnixConn)
	if !ok {
		return 0, false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, false
	}
	err = raw.Control(func(fd uintptr) {
		credentials, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			uid, known = credentials.Uid, true
		}
	})
	return uid, known && err == nil
}
