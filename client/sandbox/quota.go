package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/internal/limit"
)

// Quota is how many requests the sandbox lets pass, over all endpoints and all callers together. A request beyond it is
// 429, changes nothing and does not use up the quota. The zero value is no quota.
type Quota struct {
	N          int           // requests, in each Per; 0 means no quota
	Per        time.Duration // length of the window
	Window     Window        // empty means rolling
	RetryAfter RetryAfter    // how a 429 says when to come back; empty means seconds

	FreeTokens  bool // token requests use up nothing and are never 429
	FreeReads   bool // nor do GET requests
	FreeRefused bool // requests answered 4xx give back what they used
}

// Window is how requests are counted in time.
type Window string

// The windows. The vendor says "50 requests per minute" and not which of them is meant.
const (
	Fixed   Window = "fixed"   // N in each clock window: a minute's quota is whole again when the next minute begins
	Rolling Window = "rolling" // never more than N in any stretch of Per
	Bucket  Window = "bucket"  // a bucket of N tokens that fills evenly: N at once, then one every Per/N
	Spaced  Window = "spaced"  // a bucket that holds one token: no burst at all, one every Per/N
)

// ParseWindow reads "fixed", "rolling", "bucket" or "spaced".
func ParseWindow(s string) (Window, error) {
	return parseWord("window", s, Fixed, Rolling, Bucket, Spaced)
}

// RetryAfter is how a 429 or 503 says when to come back.
type RetryAfter string

// The ways to say it.
const (
	RetrySeconds RetryAfter = "seconds" // header Retry-After in whole seconds, RFC 9110 section 10.2.3
	RetryDate    RetryAfter = "date"    // header Retry-After as an HTTP date
	RetryBody    RetryAfter = "body"    // only "RetryAfter":"60" in the body, which then has the problem shape
	RetryNone    RetryAfter = "none"    // not at all
)

// ParseRetryAfter reads "seconds", "date", "body" or "none".
func ParseRetryAfter(s string) (RetryAfter, error) {
	return parseWord("retry-after", s, RetrySeconds, RetryDate, RetryBody, RetryNone)
}

// ParseQuota reads a number of requests in a time, such as "50/m", "20/s", "1000/h" or "10/30s", or "unlimited".
func ParseQuota(s string) (Quota, error) {
	if s == "unlimited" {
		return Quota{}, nil
	}
	count, per, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return Quota{}, quotaError(s)
	}
	d, err := parsePer(per)
	if err != nil {
		return Quota{}, quotaError(s)
	}
	q := Quota{N: n, Per: d}
	return q, q.check()
}

func quotaError(s string) error {
	return fmt.Errorf(`quota %q: want requests per time such as 50/m (s, m, h or a duration), or "unlimited"`, s)
}

// parsePer reads a unit alone ("m") or a duration ("30s").
func parsePer(s string) (time.Duration, error) {
	switch s {
	case "s", "m", "h":
		s = "1" + s
	}
	return time.ParseDuration(s)
}

func (q Quota) check() error {
	switch {
	case q.N < 0:
		return fmt.Errorf("quota: %d requests is negative", q.N)
	case q.N > 0 && q.Per < time.Duration(q.N):
		return fmt.Errorf("quota: %d requests in %v is no rate", q.N, q.Per)
	}
	if _, err := ParseWindow(string(or(q.Window, Rolling))); err != nil {
		return err
	}
	_, err := ParseRetryAfter(string(or(q.RetryAfter, RetrySeconds)))
	return err
}

func (q Quota) withDefaults() Quota {
	q.Window = or(q.Window, Rolling)
	q.RetryAfter = or(q.RetryAfter, RetrySeconds)
	return q
}

// limiter counts the requests of a quota that has its defaults.
func (q Quota) limiter() limit.Limiter {
	if q.N == 0 {
		return limit.None()
	}
	switch q.Window {
	case Fixed:
		return limit.Fixed(q.N, q.Per)
	case Bucket:
		return limit.Bucket(q.N, q.Per/time.Duration(q.N))
	case Spaced:
		return limit.Bucket(1, q.Per/time.Duration(q.N))
	default:
		return limit.Rolling(q.N, q.Per)
	}
}
