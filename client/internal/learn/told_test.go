package learn

import (
	"net/http"
	"testing"
	"time"
)

func TestHeadersAreRead(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for name, c := range map[string]struct {
		header map[string]string
		want   Told
	}{
		"nothing":    {map[string]string{"X-Ms-Ratelimit-Remaining-Subscription-Reads": "4499"}, Told{0, 0, -1, 0}},
		"structured": {map[string]string{"RateLimit-Policy": `"default";q=100;w=60`, "RateLimit": `"default";r=50;t=30`}, Told{100, time.Minute, 50, 30 * time.Second}},
		"two policies": {
			map[string]string{"RateLimit-Policy": `"burst";q=10;w=1, "day";q=9000;w=86400`, "RateLimit": `"burst";r=0;t=1`},
			Told{10, time.Second, 0, time.Second},
		},
		"seventh draft": {map[string]string{"RateLimit": "limit=100, remaining=7, reset=12", "RateLimit-Policy": "100;w=60"}, Told{100, time.Minute, 7, 12 * time.Second}},
		"third draft":   {map[string]string{"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "0", "RateLimit-Reset": "5"}, Told{100, 0, 0, 5 * time.Second}},
		"old":           {map[string]string{"X-RateLimit-Limit": "60", "X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "1800000042"}, Told{60, 0, 59, 42 * time.Second}},
		"in the past":   {map[string]string{"X-RateLimit-Reset": "1799999999"}, Told{0, 0, -1, 0}},
		"nonsense": {
			map[string]string{"X-RateLimit-Limit": "-5", "X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "NaN", "RateLimit": ";;r==;t", "RateLimit-Policy": "q"},
			Told{0, 0, -1, 0},
		},
	} {
		h := make(http.Header)
		for k, v := range c.header {
			h.Set(k, v)
		}
		if got := Read(h, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func FuzzHeadersAreRead(f *testing.F) {
	for _, text := range []string{`"default";r=50;t=30`, `"a";q=100;w=60`, "100, 100;w=60", "limit=1, remaining=2, reset=3", "1e99", "9223372036854775807"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := make(http.Header)
		for _, name := range []string{"RateLimit", "RateLimit-Policy", "RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
			h.Set(name, text)
		}
		told := Read(h, time.Unix(1_800_000_000, 0))
		if told.Limit < 0 || told.Window < 0 || told.Remaining < -1 || told.Reset < 0 || told.rate() < 0 {
			t.Errorf("%q: %+v", text, told)
		}
	})
}
