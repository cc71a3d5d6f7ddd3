package client

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/gate/learn"
)

// told is what a reply says of the server's limit: in RateLimit-* (draft-ietf-httpapi-ratelimit-headers-07) or the older
// X-RateLimit-*, and its clock. A reset beyond a year is a time since 1970.
func (r reply) told() (a learn.Answer) {
	a.Quota.Remaining = -1
	if r.dated {
		a.Date = r.date
	}
	for _, prefix := range []string{"Ratelimit-", "X-Ratelimit-"} {
		if n, window, ok := quota(r.header, prefix+"Limit"); ok {
			a.Quota.Limit, a.Quota.Window = n, window
		}
		if n, window, ok := quota(r.header, prefix+"Policy"); ok && window > 0 {
			a.Quota.Limit, a.Quota.Window = n, window
		}
		if n, _, ok := quota(r.header, prefix+"Remaining"); ok {
			a.Quota.Remaining = n
		}
		if n, _, ok := quota(r.header, prefix+"Reset"); ok {
			reset := time.Duration(n) * time.Second
			if reset > year {
				reset = time.Unix(int64(n), 0).Sub(r.date)
			}
			a.Quota.Reset = max(reset, 0)
		}
		if a.Quota.Limit > 0 {
			return a
		}
	}
	return a
}

const year = 365 * 24 * time.Hour

// quota reads "100", "100;w=60" and "100, 100;w=60": of several the one whose window is told.
func quota(header http.Header, name string) (n int, window time.Duration, ok bool) {
	for item := range strings.SplitSeq(strings.Join(header.Values(name), ","), ",") {
		count, rest, _ := strings.Cut(strings.TrimSpace(item), ";")
		value, err := strconv.Atoi(strings.TrimSpace(count))
		if err != nil || value < 0 || value > math.MaxInt32 {
			continue
		}
		if !ok {
			n, ok = value, true
		}
		for parameter := range strings.SplitSeq(rest, ";") {
			key, text, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			if seconds, err := strconv.Atoi(text); key == "w" && err == nil && seconds > 0 && seconds <= 86_400 {
				return value, time.Duration(seconds) * time.Second, true
			}
		}
	}
	return n, 0, ok
}
