package cli

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/words"
)

// The credentials of a sandbox; no real ones.
const (
	sandboxKey    = "DID-SANDBOX"
	sandboxSecret = "sandbox-secret"
)

// connection is how a command reaches the API.
type connection struct {
	config  client.Config
	account string
	api     string // the address, as the store knows it
	sandbox bool
	lock    *batch.AccountLock // of the sandbox
	close   func()
}

// connectFlags are the flags of commands that reach the API. What is set before
// they are defined is the default.
type connectFlags struct {
	rate          client.Rate
	minRate       client.Rate
	timeout       time.Duration
	maxAttempts   int
	maxRetryAfter time.Duration
	outageWait    time.Duration
	caFile        string
	shared        bool          // the account may be used by others meanwhile
	waitLock      time.Duration // for those others
	store         *storeFlags   // where the sandbox is
	inventory     string        // the file that the sandbox's inventory is read from; "": it is the demonstration's
}

func (c *connectFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	c.store.timeout, c.store.outageWait = &c.timeout, &c.outageWait
	parsedVar(flags, &c.rate, option.Rate, client.DefaultRate().String(), "N/s|m|h|auto", "the highest rate of all requests together, reads and tokens included; also by the clock: '08:00 10/m, 20:00 48/m'; auto begins at 48/m and rises until the API refuses", client.ParseRate)
	parsedVar(flags, &c.minRate, "min-rate", "1/m", "N/s|m|h", "where the rate does not go below when the API refuses", parseLeastRate)
	durationVar(flags, &c.timeout, option.Timeout, client.DefaultTimeout, "time for one request")
	flags.IntVar(&c.maxAttempts, "max-attempts", cmp.Or(c.maxAttempts, client.DefaultMaxAttempts), "at most `N` requests for one row or page; a 429 does not count")
	durationVar(flags, &c.maxRetryAfter, option.MaxRetryAfter, client.DefaultMaxRetryAfter, "the longest wait that the server may ask for")
	durationVar(flags, &c.outageWait, "outage-wait", cmp.Or(c.outageWait, client.DefaultOutageWait), "how long to wait for an API that is down before giving up")
	flags.StringVar(&c.caFile, option.CAFile, "", "trust the certificates in this PEM `FILE` too")
	if !c.shared {
		durationVar(flags, &c.waitLock, "wait-lock", 0, "how long to wait while another command has the account, the run or the sandbox locked (default: not at all)")
	}
}

// parseLeastRate reads a rate that is the same all day, and does not rise.
func parseLeastRate(text string) (client.Rate, error) {
	r, err := client.ParseRate(text)
	if err == nil && (r.Rises() || strings.Contains(text, ":")) {
		err = fmt.Errorf("rate %q: not of the form 1/m", text)
	}
	return r, err
}

// connect returns the way to the API, or to a sandbox of its own.
func (a *app) connect(cmd *cobra.Command, f *connectFlags) (*connection, error) {
	c := &connection{close: func() {}, config: client.Config{
		Rate:          f.rate,
		MinRate:       f.minRate,
		Timeout:       f.timeout,
		MaxAttempts:   f.maxAttempts,
		MaxRetryAfter: f.maxRetryAfter,
		OutageWait:    f.outageWait,
		UserAgent:     "bulknum/" + buildVersion(),
	}}
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.store.sandbox {
		if err := a.toSandbox(cmd, f, c); err != nil {
			c.close()
			return nil, err
		}
		return c, nil
	}
	if err := proxies(a.Streams); err != nil {
		return nil, err
	}
	if err := credentials(cmd.Context(), a.Streams, &c.config); err != nil {
		return nil, err
	}
	if f.caFile != "" {
		pem, err := safefile.ReadSmall(f.caFile, safefile.SmallFile)
		if err != nil {
			return nil, &configError{err: fmt.Errorf("--ca-file: %w", err)}
		}
		if err := client.CheckCertificates(pem); err != nil {
			return nil, &configError{err: fmt.Errorf("--ca-file: %s: %w", f.caFile, err)}
		}
		c.config.CAPEM = pem
	}
	c.account, c.api = c.config.Credentials.AccountKey, c.config.BaseURL
	if c.account == "" {
		c.account = "of TELEGENT_TOKEN"
	}
	return c, nil
}

// check refuses limits that make no sense; zero is not "the default" here.
func (c *connectFlags) check() error {
	var wrong []error
	if c.timeout <= 0 {
		wrong = append(wrong, fmt.Errorf("--timeout %s: must be above 0", c.timeout))
	}
	if c.maxAttempts < 1 {
		wrong = append(wrong, fmt.Errorf("--max-attempts %d: must be at least 1", c.maxAttempts))
	}
	if c.maxRetryAfter <= 0 {
		wrong = append(wrong, fmt.Errorf("--max-retry-after %s: must be above 0", c.maxRetryAfter))
	}
	if c.outageWait <= 0 {
		wrong = append(wrong, fmt.Errorf("--outage-wait %s: must be above 0", c.outageWait))
	}
	if len(wrong) > 0 {
		return &usageError{errors.Join(wrong...)}
	}
	return nil
}

// demo is the sandbox of --sandbox. It may have a copy of a real inventory, so that its
// secret is known to this process only.
func demo() sandbox.Config {
	config := sandbox.Demo()
	config.AccountKey, config.AccountSecret = sandboxKey, rand.Text()
	return config
}

// toSandbox leads to the sandbox of the runs folder, which is served on loopback until the connection is closed. It is
// this command's alone, unless others may use the account meanwhile: then it is only looked at.
func (a *app) toSandbox(cmd *cobra.Command, f *connectFlags, c *connection) error {
	var done []func()
	c.close = func() {
		for _, do := range slices.Backward(done) {
			do()
		}
	}
	if !f.shared {
		var err error
		if c.lock, err = lockSandbox(a, cmd, f); err != nil {
			return err
		}
		done = append(done, c.lock.Release)
		if f.store.reset {
			if err := a.resetSandbox(cmd.Context(), f.store); err != nil {
				return err
			}
		}
	}
	config := demo()
	box, err := a.openSandbox(cmd.Context(), f.store, config, f.inventory, !f.shared)
	if err != nil {
		return err
	}
	done = append(done, box.Close)
	listener, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	server := &http.Server{Handler: fromHere(box), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with the process, or by close
	done = append(done, func() { _ = server.Close() })
	c.sandbox, c.account, c.api = true, sandboxKey, box.address()
	c.config.BaseURL = "http://" + listener.Addr().String()
	c.config.Credentials = client.Credentials{AccountKey: sandboxKey, AccountSecret: client.NewSecret(config.AccountSecret)}
	if !cmd.Flags().Changed(option.Rate) {
		c.config.Rate, err = client.ParseRate(sandboxRate)
	}
	return err
}

// awaitAsked lets no request of a command without a run leave before what the API asked a run of the account to wait for
// is over. That the runs cannot be read is told, and ends nothing.
func (a *app) awaitAsked(ctx context.Context, f *connectFlags, way *connection, reader *client.Reader) error {
	if way.sandbox {
		return nil
	}
	in, done, err := a.openRuns(ctx, f.store, toRead, false)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		a.warn("whether the API has asked to wait cannot be read: %v", err)
		return nil
	}
	defer done()
	return batch.AwaitAsked(ctx, in, way.api, way.account, reader, func(e event.Event) {
		if n, noticed := e.(event.Noticed); noticed {
			a.warn("%s", words.WithOptions(n.Detail, n.Options))
		}
	})
}
