package client

import (
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// DefaultBaseURL is the vendor's address.
const DefaultBaseURL = "https://api.telegent.com"

// The defaults of the limits of a Config.
const (
	DefaultTimeout       = 30 * time.Second
	DefaultMaxAttempts   = 5
	DefaultMaxRetryAfter = 5 * time.Minute
	DefaultOutageWait    = 30 * time.Minute
	defaultUserAgent     = "bulknum"
)

// DefaultRate is just under the 50 requests a minute of the vendor's standard
// tier: an exact 50 puts 51 starts into some rolling minute.
func DefaultRate() Rate { return Rate{n: 48, per: time.Minute} }

// Config says how to reach the API and how patient to be. Only Credentials must
// be given: a limit that is zero takes its default.
type Config struct {
	// BaseURL is the address of the API, with or without the /v1.0 that every
	// path starts with; DefaultBaseURL when empty. https, except to loopback.
	BaseURL     string
	Credentials Credentials
	// Rate is the pace of all requests of the client together, reads and token requests included.
	Rate Rate
	// Timeout is for one request, its body included.
	Timeout time.Duration
	// MaxAttempts is for one call while others are answered. Requests answered 429, and those made while the API is down,
	// do not count.
	MaxAttempts int
	// MaxRetryAfter is the longest wait that the server may ask for; beyond it a call ends as KindThrottled.
	MaxRetryAfter time.Duration
	// OutageWait is how long an API that is down is waited for; after it every call ends as KindOutage.
	OutageWait time.Duration
	// CAPEM has certificates, in PEM, that are trusted besides the system's.
	CAPEM     []byte
	UserAgent string
	// Transport carries the requests; nil takes one of our own. Tests put theirs here.
	Transport http.RoundTripper
	// Jitter gives the random part of the pauses after failures, in [0,1); nil is math/rand's. With one of its own a
	// test meets the same pauses again.
	Jitter func() float64
}

// Credentials are a key with its secret, or one token.
type Credentials struct {
	AccountKey    string // DID-…
	AccountSecret Secret
	// Token is a token that was made elsewhere. It is good for one endpoint only, and is never renewed.
	Token Secret
}

// complete returns the config with its defaults, or what is wrong with it.
func (c Config) complete() (Config, error) {
	if err := c.Credentials.check(); err != nil {
		return c, err
	}
	if c.Timeout < 0 || c.MaxAttempts < 0 || c.MaxRetryAfter < 0 || c.OutageWait < 0 || c.Rate.n < -1 {
		return c, errors.New("client: a limit is below zero")
	}
	if c.CAPEM != nil && c.Transport != nil {
		return c, errors.New("client: CAPEM has no effect on a Transport that is given")
	}
	setDefault(&c.BaseURL, DefaultBaseURL)
	setDefault(&c.Rate, DefaultRate())
	setDefault(&c.Timeout, DefaultTimeout)
	setDefault(&c.MaxAttempts, DefaultMaxAttempts)
	setDefault(&c.MaxRetryAfter, DefaultMaxRetryAfter)
	setDefault(&c.OutageWait, DefaultOutageWait)
	setDefault(&c.UserAgent, defaultUserAgent)
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return c, nil
}

func setDefault[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}

func (c Credentials) check() error {
	key, secret, token := c.AccountKey != "", !c.AccountSecret.IsZero(), !c.Token.IsZero()
	switch {
	case token && (key || secret):
		return errors.New("client: credentials: both a token and an account key: give one of them")
	case !token && !(key && secret):
		return errors.New("client: credentials: an account key with its secret, or a token, is needed")
	case token && !headerSafe(c.Token.Reveal()):
		return errors.New("client: credentials: the token has spaces, line ends or other characters that no token has")
	default:
		return nil
	}
}

// headerSafe reports whether a token can stand in a header: a line end read from a file could not.
func headerSafe(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// parseBase returns the address without /v1.0 and without a slash at its end.
func parseBase(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		// The parser's error repeats the address, and that may hold a password. So may its path and query: below,
		// only the host is told.
		return nil, errors.New("client: base URL: it cannot be read as a URL")
	}
	switch {
	case base.User != nil:
		return nil, errors.New("client: base URL: a user or password has no place in it")
	case base.Host == "":
		return nil, errors.New("client: base URL: not of the form https://host")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("client: base URL %s: a query or fragment has no place in it", base.Scheme+"://"+base.Host)
	case base.Scheme != "https" && (base.Scheme != "http" || !IsLoopback(base.Hostname())):
		return nil, fmt.Errorf("client: base URL %s: only https is allowed, except to loopback", base.Scheme+"://"+base.Host)
	}
	path := strings.TrimRight(base.Path, "/")
	path = strings.TrimRight(strings.TrimSuffix(path, apiVersion), "/")
	return &url.URL{Scheme: base.Scheme, Host: base.Host, Path: path}, nil
}

// IsLoopback reports whether a host, without its port, is this machine by name or
// address: what is sent there crosses no network.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// certPool returns the system's certificates and those of the PEM text; nil without text.
func certPool(pem []byte) (*x509.CertPool, error) {
	if pem == nil {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("client: CA: no certificate found in the PEM text")
	}
	return pool, nil
}
