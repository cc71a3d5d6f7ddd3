package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Rate is a pace: so many requests in a second, minute or hour, evenly spread.
type Rate struct {
	n   int
	per time.Duration
}

// Unlimited is no pace at all, for benchmarks. No text parses to it.
var Unlimited = Rate{n: -1}

// maxPerSecond bounds what can be asked for: beyond it the gaps would round to nothing.
const maxPerSecond = 1_000_000

// ParseRate reads "48/m": a whole number of requests per s, m or h.
func ParseRate(text string) (Rate, error) {
	count, unit, ok := strings.Cut(strings.TrimSpace(text), "/")
	if !ok {
		return Rate{}, fmt.Errorf("rate %q: not of the form 48/m", text)
	}
	n, err := strconv.Atoi(strings.TrimSpace(count))
	if err != nil || n < 1 {
		return Rate{}, fmt.Errorf("rate %q: %q is not a whole number above 0", text, count)
	}
	r := Rate{n: n}
	switch strings.ToLower(strings.TrimSpace(unit)) {
	case "s":
		r.per = time.Second
	case "m":
		r.per = time.Minute
	case "h":
		r.per = time.Hour
	default:
		return Rate{}, fmt.Errorf("rate %q: the unit %q is none of s, m, h", text, unit)
	}
	if r.PerSecond() > maxPerSecond {
		return Rate{}, fmt.Errorf("rate %q: more than %d a second", text, maxPerSecond)
	}
	return r, nil
}

// String returns what ParseRate reads: "48/m". Unlimited is "unlimited", the zero Rate is "".
func (r Rate) String() string {
	switch {
	case r == Unlimited:
		return "unlimited"
	case r.n == 0:
		return ""
	case r.per == time.Second:
		return strconv.Itoa(r.n) + "/s"
	case r.per == time.Minute:
		return strconv.Itoa(r.n) + "/m"
	default:
		return strconv.Itoa(r.n) + "/h"
	}
}

// MarshalText writes what ParseRate reads.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (r *Rate) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRate(string(text))
	return err
}

// PerSecond returns the requests in a second. It is 0 for Unlimited and the zero Rate.
func (r Rate) PerSecond() float64 {
	if r.per == 0 {
		return 0
	}
	return float64(r.n) / r.per.Seconds()
}

// Every returns the time from one request to the next. It is 0 for Unlimited and the zero Rate.
func (r Rate) Every() time.Duration {
	if r.n <= 0 {
		return 0
	}
	return r.per / time.Duration(r.n)
}

// limit is the rate in the limiter's terms.
func (r Rate) limit() rate.Limit {
	if r.n <= 0 {
		return rate.Inf
	}
	return rate.Every(r.Every())
}
