// Package pause is how long to wait: after a failure, after an answer that asks for it, and in words.
package pause

import (
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

// Backoff is the wait after the n-th failed attempt, counted from 1: full jitter,
// that is anything from nothing to an exponentially growing bound. jitter is in [0,1).
func Backoff(n int, jitter float64) time.Duration {
	return time.Duration(jitter * float64(doubled(backoffFirst, n, backoffMax)))
}

// Throttled is the wait after the n-th 429 in a row that did not say how long: 2 s doubling
// to a minute, and up to a quarter more, so that two clients of one account drift apart.
func Throttled(n int, jitter float64) time.Duration {
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

// Asked reads seconds or a date; now is the server's clock. Nothing and
// the past are no answer (false), and a wait too long for a Duration is the longest.
func Asked(text string, now time.Time) (time.Duration, bool) {
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

// Roughly is a wait in words: nobody reads "2562047h47m16.854775807s".
func Roughly(wait time.Duration) string {
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
