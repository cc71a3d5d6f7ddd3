package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/watch/access"
	"github.com/bulknum/bulknum/report/words"
)

const (
	listenFlag      = "listen"
	listenTokenFlag = "listen-token-file"
)

// listenFlags say where what goes on is served, and to whom.
type listenFlags struct{ at, tokenFile string }

// define defines them; served is what is served.
func (f *listenFlags) define(flags *pflag.FlagSet, served string) {
	flags.StringVar(&f.at, listenFlag, "", "serve "+served+", at this `ADDRESS`: of loopback, as in 127.0.0.1:8080, or any with --"+listenTokenFlag)
	flags.StringVar(&f.tokenFile, listenTokenFlag, "", "of --listen: readers of the page and its state need the token in this `FILE`; /healthz and /metrics are open")
}

// listen listens there, and returns who may read. Without a token that is loopback only, and any other address is
// not listened at even for a moment.
func (f *listenFlags) listen(ctx context.Context) (net.Listener, access.Token, error) {
	if f.tokenFile == "" {
		listener, err := listenLocally(ctx, f.at)
		return listener, access.Token{}, err
	}
	token, err := readToken(f.tokenFile)
	if err != nil {
		return nil, token, &configError{
			err:  fmt.Errorf("--%s: %w", listenTokenFlag, err),
			hint: "make one: (umask 077; openssl rand -hex 32 > FILE)",
		}
	}
	if _, _, err := net.SplitHostPort(f.at); err != nil {
		return nil, token, noPort(f.at)
	}
	listener, err := open(ctx, f.at)
	return listener, token, err
}

// readToken reads the token of a file that nobody else can read.
func readToken(path string) (none access.Token, err error) {
	content, err := safefile.ReadSmall(path, maxSecretFile)
	if err != nil {
		return none, withoutPath(err)
	}
	text, err := secretOf(content)
	if err != nil {
		return none, err
	}
	if text == "" {
		return none, errors.New("the file is empty")
	}
	if info, err := os.Stat(path); err == nil && safefile.OthersRead(info) && !safefile.Fixed(path) {
		return none, fmt.Errorf("other users can read the token: chmod 600 %s", words.ShellWord(path))
	}
	return access.ParseToken(text)
}

// listenLocally listens at an address of this machine's own loopback. Any other address is wrong usage, and is not
// listened at even for a moment.
func listenLocally(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return nil, noPort(address)
	case !client.IsLoopback(host):
		return nil, &usageError{fmt.Errorf("--listen %s: only loopback addresses, such as 127.0.0.1:8080; a run or a worker takes others with --%s", address, listenTokenFlag)}
	}
	listener, err := open(ctx, address)
	if err != nil {
		return nil, err
	}
	if local, ok := listener.Addr().(*net.TCPAddr); !ok || !local.IP.IsLoopback() { // localhost is what the machine makes of it
		_ = listener.Close()
		return nil, &usageError{fmt.Errorf("--listen %s: is not of loopback on this machine: give 127.0.0.1 and a port", address)}
	}
	return listener, nil
}

// open listens at an address.
func open(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &takenError{&configError{err: fmt.Errorf("--listen: %w", err), hint: "give another port; port 0 takes a free one"}}
	}
	return listener, nil
}

// takenError is that nothing can be served at an address.
type takenError struct{ error }

// Unwrap is of package errors.
func (e *takenError) Unwrap() error { return e.error }

// noPort is the error of an address without one.
func noPort(address string) error {
	return &usageError{fmt.Errorf("--listen %s: not an address with a port, such as 127.0.0.1:8080", address)}
}
