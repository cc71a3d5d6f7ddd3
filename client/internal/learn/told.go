package learn

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Told is what the headers of an answer tell of the limit.
type Told struct {
	Limit     int           // how many may pass in a window; 0: not told
	Window    time.Duration // its length; 0: not told
	Remaining int           // how many more may pass now; -1: not told
	Reset     time.Duration // how long until there are more; 0: not told
}

// nothingTold is what most answers tell.
var nothingTold = Told{Remaining: -1}

// Read reads the headers that tell of a limit: RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers, as
// structured fields and as in its drafts before the eighth), RateLimit-Limit and those with it, and X-RateLimit-…, whose
// reset is a moment where it is too large to be a span of seconds. now is the server's clock. What cannot be read, or is
// beyond all sense, is not told.
func Read(h http.Header, now time.Time) Told {
	t := nothingTold
	if !tells(h) {
		return t
	}
	for _, prefix := range []string{"X-Ratelimit-", "X-Rate-Limit-", "Ratelimit-"} {
		if limit, window, ok := policy(h.Get(prefix + "Limit")); ok {
			t.Limit, t.Window = limit, max(t.Window, window)
		}
		if n, ok := count(h.Get(prefix + "Remaining")); ok {
			t.Remaining = n
		}
		if wait, ok := reset(h.Get(prefix+"Reset"), now); ok {
			t.Reset = wait
		}
	}
	if limit, window, ok := policy(h.Get("Ratelimit-Policy")); ok && window > 0 {
		t.Limit, t.Window = limit, window
	}
	return t.field(h.Get("Ratelimit"), now)
}

// tells reports whether there is a header of a limit: most servers have none.
func tells(h http.Header) bool {
	for name := range h {
		if strings.Contains(name, "Rate") {
			return true
		}
	}
	return false
}

// field reads the RateLimit header.
func (t Told) field(text string, now time.Time) Told {
	all := parameters(text)
	if n, ok := count(all["limit"]); ok && t.Window == 0 {
		t.Limit = n
	}
	for _, name := range []string{"r", "remaining"} {
		if n, ok := count(all[name]); ok {
			t.Remaining = n
		}
	}
	for _, name := range []string{"t", "reset"} {
		if wait, ok := reset(all[name], now); ok {
			t.Reset = wait
		}
	}
	return t
}

// rate is how many may pass in a second; 0: it is not told.
func (t Told) rate() float64 {
	if t.Limit <= 0 || t.Window <= 0 {
		return 0
	}
	return float64(t.Limit) / t.Window.Seconds()
}

// policy reads how many in which window: "100", "100;w=60", `"default";q=100;w=60`. Of several the first counts.
func policy(text string) (limit int, window time.Duration, ok bool) {
	text, _, _ = strings.Cut(text, ",")
	first, _, _ := strings.Cut(text, ";")
	limit, ok = count(first)
	all := parameters(text)
	if n, quota := count(all["q"]); quota {
		limit, ok = n, true
	}
	if seconds, known := count(all["w"]); known {
		window = time.Duration(seconds) * time.Second
	}
	return limit, window, ok && limit > 0
}

// parameters are those of the first item of a structured field, or of one of the form "limit=100, remaining=50".
func parameters(text string) map[string]string {
	all := make(map[string]string)
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == ',' }) {
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := all[name]; ok && !twice {
			all[name] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return all
}

// mostTold bounds what is believed: a billion requests, or seconds.
const mostTold = 1_000_000_000

func count(text string) (int, bool) {
	n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(text), `"`))
	return n, err == nil && n >= 0 && n < mostTold
}

func reset(text string, now time.Time) (time.Duration, bool) {
	seconds, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch {
	case err != nil, math.IsNaN(seconds), seconds <= 0, seconds > 1e12:
		return 0, false
	case seconds > mostTold: // since 1970
		seconds -= float64(now.Unix())
	}
	if seconds <= 0 || seconds > mostTold {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}
