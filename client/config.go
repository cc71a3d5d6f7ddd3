package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/bulknum/bulknum/client/internal/address"
	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/wire"
	"github.com/bulknum/bulknum/client/secret"
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

// Config says how to reach the API and how patient to be. Only Credentials must
// be given: a limit that is zero takes its default.
type Config struct {
	// BaseURL is the address of the API, with or without the /v1.0 that every
	// path starts with; DefaultBaseURL when empty. https, except to loopback.
	BaseURL string
	// PlainHTTPTo is the name of the one host, without its port, to which plain http is allowed as well, such as a test's:
	// secrets and phone numbers cross the network readable. "": none but loopback.
	PlainHTTPTo string
	Credentials Credentials
	// Rate is the rate of all requests of the client together, reads and token requests included; zero: [DefaultRate].
	Rate Rate
	// Gate is one that other clients pass as well, as those of several keys of one account; nil: the client has its own. Its
	// rate is its own, so Rate and MinRate must be zero.
	Gate *Gate
	// Limiter is waited for before each request, outside its Timeout and besides the gate: a budget that is shared with
	// what is no client. What golang.org/x/time/rate has satisfies it. Its error ends the call, as KindStopped. Nil: none.
	Limiter Limiter
	// MinRate is where the rate does not go below that is learnt by what the server refuses; zero: one a minute.
	MinRate Rate
	// Timeout is for one request, its body included.
	Timeout time.Duration
	// MaxAttempts is for one call while others are answered. Requests answered 429, and those made while the API is
	// down, do not count.
	MaxAttempts int
	// MaxRetryAfter is the longest wait that the server may ask for; beyond it a call ends as KindRateLimited.
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

// Limiter says when one more event may happen. Wait returns then, or an error if ctx ends before.
type Limiter interface {
	Wait(ctx context.Context) error
}

// Secret is a text that is never printed: see [secret.Secret].
type Secret = secret.Secret

// NewSecret hides a text.
func NewSecret(text string) Secret { return secret.New(text) }

// Mask makes a text from outside fit to print: its first line, without control
// characters and secrets, of at most 200 characters.
func Mask(text string, secrets ...string) string { return mask.New(secrets...).Line(text) }

// Credentials are a key with its secret, or one token.
type Credentials struct {
	AccountKey    string // DID-…
	AccountSecret Secret
	// Token is a token that was made elsewhere. It is good for one endpoint only, and is never renewed.
	Token Secret
}

// ConfigError is what is wrong with a field of a [Config].
type ConfigError struct {
	Field, Problem string
}

// Error names the field, and says what is wrong with it.
func (e *ConfigError) Error() string { return fmt.Sprintf("client: %s: %s", e.Field, e.Problem) }

// Validate returns everything that is wrong with the config, a [ConfigError] for each field; nil when nothing is. New and
// NewReader refuse what it refuses.
func (c Config) Validate() error {
	var wrong []error
	refuse := func(field, problem string) { wrong = append(wrong, &ConfigError{field, problem}) }
	if c.BaseURL != "" {
		if _, problem := address.Base(c.BaseURL, c.PlainHTTPTo); problem != "" {
			refuse("BaseURL", problem)
		}
	}
	if field, problem := c.Credentials.problem(); problem != "" {
		refuse(field, problem)
	}
	for _, limit := range []struct {
		field string
		value time.Duration
	}{{"Timeout", c.Timeout}, {"MaxRetryAfter", c.MaxRetryAfter}, {"OutageWait", c.OutageWait}} {
		if limit.value < 0 {
			refuse(limit.field, limit.value.String()+" is below zero")
		}
	}
	if c.MaxAttempts < 0 {
		refuse("MaxAttempts", strconv.Itoa(c.MaxAttempts)+" is below zero")
	}
	if strings.ContainsFunc(c.UserAgent, unicode.IsControl) {
		refuse("UserAgent", "a control character has no place in it")
	}
	if _, problem := wire.Roots(c.CAPEM); problem != "" {
		refuse("CAPEM", problem)
	}
	if t, ok := c.Transport.(*http.Transport); ok && t == nil {
		refuse("Transport", "it is a nil *http.Transport")
	}
	if c.Gate != nil && (c.Rate != Rate{} || c.MinRate != Rate{}) {
		refuse("Rate", "it has no effect on a Gate that is given, which has its own")
	}
	if c.CAPEM != nil && c.Transport != nil {
		refuse("CAPEM", "it has no effect on a Transport that is given")
	}
	return joined(wrong)
}

// joined is several errors as one of one line; nil: there are none.
func joined(all []error) error {
	if len(all) == 0 {
		return nil
	}
	return several(all)
}

type several []error

// Error has them all in one line.
func (s several) Error() string {
	texts := make([]string, len(s))
	for i, err := range s {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap is of [errors.Is] and [errors.As].
func (s several) Unwrap() []error { return s }

// CheckCertificates returns what is wrong with a PEM text of certificates, or nil.
func CheckCertificates(text []byte) error {
	if _, problem := wire.Roots(text); problem != "" {
		return errors.New(problem)
	}
	return nil
}

// complete returns the config with its defaults.
func (c Config) complete() Config {
	setDefault(&c.BaseURL, DefaultBaseURL)
	setDefault(&c.Timeout, DefaultTimeout)
	setDefault(&c.MaxAttempts, DefaultMaxAttempts)
	setDefault(&c.MaxRetryAfter, DefaultMaxRetryAfter)
	setDefault(&c.OutageWait, DefaultOutageWait)
	setDefault(&c.UserAgent, defaultUserAgent)
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return c
}

func setDefault[T comparable](value *T, standard T) {
	var zero T
	if *value == zero {
		*value = standard
	}
}

// problem is what is wrong with the credentials, and in which field; "" when nothing is.
func (c Credentials) problem() (field, problem string) {
	key, hidden, token := c.AccountKey != "", !c.AccountSecret.IsZero(), !c.Token.IsZero()
	switch {
	case token && (key || hidden):
		return "Credentials.Token", "both a token and an account key: give one of them"
	case !token && !key && !hidden:
		return "Credentials", "an AccountKey with its AccountSecret, or a Token, is needed"
	case !token && !key:
		return "Credentials.AccountKey", "it is needed with the AccountSecret"
	case !token && !hidden:
		return "Credentials.AccountSecret", "it is needed with the AccountKey"
	case token && !headerSafe(c.Token.Reveal()):
		return "Credentials.Token", "it has spaces, line ends or other characters that no token has"
	default:
		return "", ""
	}
}

// headerSafe reports whether a token can stand in a header: a line end read from a file could not.
func headerSafe(token string) bool {
	return !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

// AsksLoopback reports whether the Host of a request (RFC 9110 section 7.2) names this machine by loopback, with a port
// or without.
func AsksLoopback(host string) bool { return address.AsksLoopback(host) }

// IsLoopback reports whether a host, without its port, is this machine by name or
// address: what is sent there crosses no network.
func IsLoopback(host string) bool { return address.IsLoopback(host) }
