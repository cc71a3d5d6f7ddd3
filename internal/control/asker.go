package control

import (
	"cmp"
	"net"
	"os/user"
	"strconv"
)

// asker is who is at the other end: whom the system names, or else who the
// request says.
func asker(talk net.Conn, said string) string {
	uid, known := peer(talk)
	if !known {
		return cmp.Or(printable(said), "somebody")
	}
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return printable(u.Username)
	}
	return "user " + id
}
