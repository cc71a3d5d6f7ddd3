// Package freeport is ports of the loopback that are free, for servers that a test starts a moment later.
package freeport

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"sync/atomic"
)

// Systems give connections, and who listens on any port, those after last.
const first, last = 21_000, 29_000

// next is how many ports this process has looked at.
var next atomic.Int32

// Find is a port that nobody listens on, that no connection has meanwhile, and that this process has not found before.
func Find() (port int, err error) {
	for range last - first {
		port := first + (os.Getpid()*13+int(next.Add(1)))%(last-first)
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
	}
	return 0, errors.New("no port is free")
}

// Address is such a port with its host, as in 127.0.0.1:21000.
func Address() (string, error) {
	port, err := Find()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), err
}
