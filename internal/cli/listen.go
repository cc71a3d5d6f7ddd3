package cli

import (
	"context"
	"fmt"
	"net"

	"github.com/bulknum/bulknum/client"
)

// listenLocally listens at an address of this machine's own loopback, for
// --listen. Any other address is wrong usage, and is not listened at even for a
// moment.
func listenLocally(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return nil, &usageError{fmt.Errorf("--listen %s: not an address with a port, such as 127.0.0.1:8080", address)}
	case !client.IsLoopback(host):
		return nil, &usageError{fmt.Errorf("--listen %s: only loopback addresses, such as 127.0.0.1:8080; for others put a proxy before it", address)}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &configError{err: fmt.Errorf("--listen: %w", err), hint: "give another port; port 0 takes a free one"}
	}
	if local, ok := listener.Addr().(*net.TCPAddr); !ok || !local.IP.IsLoopback() { // localhost is what the machine makes of it
		_ = listener.Close()
		return nil, &usageError{fmt.Errorf("--listen %s: is not of loopback on this machine: give 127.0.0.1 and a port", address)}
	}
	return listener, nil
}
