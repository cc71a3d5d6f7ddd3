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
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/safefile"
)

// sandboxRate is the rate of a sandbox when nothing else is asked for: quick enough for
// a rehearsal.
const sandboxRate = "20/s"

// The credentials of a sandbox; no real ones.
const (
	sandboxKey    = "DID-SANDBOX"
	sandboxSecret = "sandbox-secret"
)

// connection is how a command reaches the API.
type connection struct {
	config  client.Config
	account string
	sandbox bool
	close   func()
}

// connectFlags are the flags of commands that reach the API. What is set before
// they are defined is the default.
type connectFlags struct {
	rate          client.Rate
	timeout       time.Duration
	maxAttempts   int
	maxRetryAfter time.Duration
	outageWait    time.Duration
	caFile        string
	sandbox       bool
	earlier       bool          // for an earlier run, of which a new sandbox knows nothing
	shared        bool          // the account may be used by others meanwhile
	waitLock      time.Duration // for those others
	inventory     string        // the file that the sandbox's inventory is read from; "": it is generated
}

func (c *connectFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &c.rate, option.Rate, batch.Defaults().Rate.String(), "N/s|m|h", "rate of all requests together, reads and tokens included", client.ParseRate)
	durationVar(flags, &c.timeout, "timeout", client.DefaultTimeout, "time for one request")
	flags.IntVar(&c.maxAttempts, "max-attempts", cmp.Or(c.maxAttempts, client.DefaultMaxAttempts), "requests for one row; a 429 does not count")
	durationVar(flags, &c.maxRetryAfter, "max-retry-after", client.DefaultMaxRetryAfter, "longest wait that the server may ask for")
	durationVar(flags, &c.outageWait, "outage-wait", cmp.Or(c.outageWait, client.DefaultOutageWait), "how long to wait for an API that is down")
	flags.StringVar(&c.caFile, "ca-file", "", "trust the certificates in this PEM `FILE` too")
	if !c.earlier {
		flags.BoolVar(&c.sandbox, "sandbox", false, "run against the built-in fake API: no credentials, at "+sandboxRate+" unless --rate is given")
		mustBeAsked(flags, "sandbox")
	}
	if !c.shared {
		durationVar(flags, &c.waitLock, "wait-lock", 0, "how long to wait while another command has the account locked")
	}
}

// connect returns the way to the API, or to a sandbox of its own.
func (a *app) connect(cmd *cobra.Command, f *connectFlags) (*connection, error) {
	c := &connection{close: func() {}, config: client.Config{
		Rate:          f.rate,
		Timeout:       f.timeout,
		MaxAttempts:   f.maxAttempts,
		MaxRetryAfter: f.maxRetryAfter,
		OutageWait:    f.outageWait,
		UserAgent:     "bulknum/" + buildVersion(),
	}}
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.sandbox {
		config := demo()
		fake, err := newFake(cmd.Context(), a.Streams, config, f.inventory)
		if err != nil {
			return nil, err
		}
		err = c.toSandbox(cmd.Context(), fake, config.AccountSecret, cmd.Flags().Changed("rate"))
		return c, err
	}
	if err := proxies(a.Streams); err != nil {
		return nil, err
	}
	if err := credentials(a.Streams, &c.config); err != nil {
		return nil, err
	}
	if f.caFile != "" {
		pem, err := safefile.ReadSmall(f.caFile, safefile.SmallFile)
		if err != nil {
			return nil, &configError{err: fmt.Errorf("--ca-file: %w", err)}
		}
		c.config.CAPEM = pem
	}
	c.account = c.config.Credentials.AccountKey
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

// toSandbox serves a sandbox on loopback.
func (c *connection) toSandbox(ctx context.Context, fake *sandbox.Sandbox, secret string, ratedByUser bool) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	server := &http.Server{Handler: fromHere(fake), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // ends with the process, or by close
	c.close = func() { _ = server.Close() }
	c.sandbox, c.account = true, sandboxKey
	c.config.BaseURL = "http://" + listener.Addr().String()
	c.config.Credentials = client.Credentials{AccountKey: sandboxKey, AccountSecret: client.NewSecret(secret)}
	if !ratedByUser {
		c.config.Rate, err = client.ParseRate(sandboxRate)
	}
	return err
}

// credentials takes the address and the credentials from the environment.
func credentials(s Streams, c *client.Config) error {
	key, err1 := readSecret(s, "TELEGENT_ACCOUNT_KEY")
	secret, err2 := readSecret(s, "TELEGENT_ACCOUNT_SECRET")
	token, err3 := readSecret(s, "TELEGENT_TOKEN")
	if err := errors.Join(err1, err2, err3); err != nil {
		return &configError{err: err}
	}
	c.BaseURL = s.getenv("TELEGENT_API_URL")
	if c.BaseURL == "" {
		c.BaseURL = client.DefaultBaseURL
	}
	c.Credentials = client.Credentials{AccountKey: key, AccountSecret: client.NewSecret(secret), Token: client.NewSecret(token)}
	if token == "" && (key == "" || secret == "") {
		return &configError{
			err:  errors.New("no credentials: TELEGENT_ACCOUNT_KEY and TELEGENT_ACCOUNT_SECRET are not both set"),
			hint: "set them, or NAME_FILE with a file's path; to try without: bulknum apply --sandbox FILE",
		}
	}
	return nil
}

// maxSecretFile is how many bytes the file of a secret may have.
const maxSecretFile = 64 << 10

// withoutPath is what is wrong with a file, without its path: a secret may have been written where a path belongs.
func withoutPath(err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err
	}
	return err
}

// readSecret returns a variable, or the content of the file that NAME_FILE names.
func readSecret(s Streams, name string) (string, error) {
	value, path := s.getenv(name), s.getenv(name+"_FILE")
	switch {
	case path == "":
		secret, err := secretOf([]byte(value))
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return secret, nil
	case value != "":
		return "", fmt.Errorf("both %s and %s_FILE are set: use one", name, name)
	}
	content, err := safefile.ReadSmall(path, maxSecretFile)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, withoutPath(err))
	}
	secret, err := secretOf(content)
	if err == nil && secret == "" {
		err = errors.New("the file is empty")
	}
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	s.warnOfReaders(name+"_FILE", path)
	return secret, nil
}
