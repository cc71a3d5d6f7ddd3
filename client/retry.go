package client

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	backoffFirst  = time.Second
	backoffMax    = 30 * time.Second
	throttleFirst = 2 * time.Second
	throttleMax   = time.Minute
)

// shouldRetry decides whether a failed call is tried again, after so many attempts that count.
func shouldRetry(f *Error, used, maxAttempts int) bool {
	return f.retry && (f.free || used < maxAttempts)
}

// backoff is the wait after the n-th failed attempt, counted from 1: full jitter,
// that is anything from nothing to an exponentially growing bound. jitter is in [0,1).
func backoff(n int, jitter float64) time.Duration {
	return time.Duration(jitter * float64(doubled(backoffFirst, n, backoffMax)))
}

// throttleWait is the wait after the n-th 429 in a row that did not say how long: 2 s doubling
// to a minute, and up to a quarter more, so that two clients of one account drift apart.
func throttleWait(n int, jitter float64) time.Duration {
	wait := doubled(throttleFirst, n, throttleMax)
	return wait + time.Duration(jitter*float64(wait)/4)
}

// doubled returns first * 2^(n-1), at most limit.
func doubled(first time.Duration, n int, limit time.Duration) time.Duration {
	for ; n > 1 && first < limit; n-- {
		first *= 2
	}
	return min(first, limit)
}

// retryAfter returns the wait that an answer asks for, in its header (RFC 9110
// section 10.2.3) or in its body as the API's RetryAfter. It is 0 when the
// answer does not ask, or not in a way that can be understood.
func retryAfter(header http.Header, body object, now time.Time) time.Duration {
	for _, text := range header.Values("Retry-After") {
		if wait, ok := parseRetryAfter(text, now); ok {
			return wait
		}
	}
	wait, _ := parseRetryAfter(body.text("RetryAfter"), now)
	return wait
}

// parseRetryAfter reads seconds or a date; now is the server's clock. Nothing and
// the past are no answer (false), and a wait too long for a Duration is the longest.
func parseRetryAfter(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if strings.IndexAny(text, "0123456789") == 0 { // so neither "-1" nor "Infinity"
		if seconds, err := strconv.ParseFloat(text, 64); err == nil || math.IsInf(seconds, 1) {
			return secondsOf(seconds)
		}
	}
	date, ok := parseHTTPDate(text, now)
	if !ok {
		return 0, false
	}
	wait := date.Sub(now) // saturates
	return max(wait, 0), wait > 0
}

func secondsOf(seconds float64) (time.Duration, bool) {
	switch {
	case !(seconds > 0): // NaN too
		return 0, false
	case seconds >= math.MaxInt64/float64(time.Second):
		return math.MaxInt64, true
	default:
		return max(time.Duration(math.Ceil(seconds*float64(time.Second))), 1), true
	}
}

// roughly is a wait in words: nobody reads "2562047h47m16.854775807s".
func roughly(wait time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case wait > 365*day:
		return "more than a year"
	case wait >= 2*day:
		return fmt.Sprintf("%d days", wait/day)
	default:
		return (wait + time.Second - 1).Truncate(time.Second).String() // up, so that it is above a limit that it is above
	}
}

// parseHTTPDate reads the three forms of RFC 9110 section 5.6.7. The two digits of
// the RFC 850 form are a year at most 50 years ahead.
func parseHTTPDate(text string, now time.Time) (time.Time, bool) {
	if date, err := time.Parse(time.RFC850, text); err == nil {
		for date.Before(now.AddDate(-50, 0, 0)) {
			date = date.AddDate(100, 0, 0)
		}
		return date, true
	}
	date, err := http.ParseTime(text)
	return date, err == nil
}

// sleep waits until a time (the zero time is never), a change, or the end of the
// context, which alone is an error.
func sleep(ctx context.Context, until time.Time, changed <-chan struct{}) error {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-changed:
	case <-ctx.Done():
	}
	// The select is random when several are ready: an ended context always wins.
	return ended(ctx)
}

// ended returns why a context has ended: its error and, where that differs, its cause. It is nil for a live one.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return errors.Join(cause, err)
}
