package sandbox_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client/sandbox"
)

// knock sends the cheapest request, which is refused 404 when the quota lets it pass, and tells whether it did.
func knock(c *caller) (reply, bool) {
	got := c.send("GET", "/", "", "")
	return got, got.status == http.StatusNotFound
}

func TestQuotaWindows(t *testing.T) {
	const minute = time.Minute
	tests := []struct {
		window sandbox.Window
		atOnce int           // how many of 60 requests at one moment pass
		wait   time.Duration // until the next passes, when the first came 10 s into a minute
		then   int           // how many pass at that moment
	}{
		{sandbox.Fixed, 50, 50 * time.Second, 50},
		{sandbox.Rolling, 50, minute, 50},
		{sandbox.Bucket, 50, minute / 50, 1},
		{sandbox.Spaced, 1, minute / 50, 1},
	}
	for _, tt := range tests {
		t.Run(string(tt.window), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, c := newCaller(t, sandbox.Config{Quota: sandbox.Quota{N: 50, Per: minute, Window: tt.window}})
				burst := func() (n int) {
					for range 60 {
						if _, ok := knock(c); ok {
							n++
						}
					}
					return n
				}
				time.Sleep(10 * time.Second)
				if got := burst(); got != tt.atOnce {
					t.Errorf("%d of 60 at once pass, want %d", got, tt.atOnce)
				}
				time.Sleep(tt.wait - time.Nanosecond)
				if _, ok := knock(c); ok {
					t.Errorf("one passes before %v", tt.wait)
				}
				time.Sleep(time.Nanosecond)
				if got := burst(); got != tt.then {
					t.Errorf("%d pass after %v, want %d", got, tt.wait, tt.then)
				}
			})
		})
	}
}

// TestQuotaLaw: however requests come, no stretch of Per holds more than N that passed (twice N where two windows
// touch, or where a full bucket meets what flows in), and one that waits for as long as it was told passes.
func TestQuotaLaw(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		quota := sandbox.Quota{N: rapid.IntRange(1, 8).Draw(rt, "n"), Per: time.Minute}
		quota.Window = rapid.SampledFrom([]sandbox.Window{
			sandbox.Rolling, sandbox.Spaced, sandbox.Fixed, sandbox.Bucket}).Draw(rt, "window")
		most := quota.N
		if quota.Window == sandbox.Fixed || quota.Window == sandbox.Bucket {
			most *= 2
		}
		now := time.Date(2026, time.November, 23, 2, 0, 0, 0, time.UTC)
		_, c := newCaller(t, sandbox.Config{Quota: quota, Now: func() time.Time { return now }})
		var passed []time.Time
		for _, ms := range rapid.SliceOfN(rapid.IntRange(0, 20_000), 1, 80).Draw(rt, "pauses in ms") {
			now = now.Add(time.Duration(ms) * time.Millisecond)
			if got, ok := knock(c); !ok {
				seconds, err := strconv.Atoi(got.header.Get("Retry-After"))
				if err != nil || seconds < 1 || seconds > 60 {
					rt.Fatalf("Retry-After %q", got.header.Get("Retry-After"))
				}
				now = now.Add(time.Duration(seconds) * time.Second)
				if _, ok := knock(c); !ok {
					rt.Fatal("refused again after the wait that was asked for")
				}
			}
			passed = append(passed, now)
			if n := len(passed); n > most && now.Sub(passed[n-1-most]) < quota.Per {
				rt.Fatalf("%d passed within %v", most+1, now.Sub(passed[n-1-most]))
			}
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	tests := []struct {
		form         sandbox.RetryAfter
		header, body string
	}{
		{sandbox.RetrySeconds, "60", ""},
		{sandbox.RetryDate, "Sat, 01 Jan 2000 00:01:01 GMT", ""}, // 00:00:00.5 + 1 m, rounded up
		{sandbox.RetryBody, "", `"RetryAfter":"60"`},
		{sandbox.RetryNone, "", ""},
	}
	for _, tt := range tests {
		t.Run(string(tt.form), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(500 * time.Millisecond)
				_, c := newCaller(t, sandbox.Config{Quota: sandbox.Quota{N: 1, Per: time.Minute, RetryAfter: tt.form}})
				knock(c)
				got, ok := knock(c)
				if ok || got.status != 429 {
					t.Fatalf("%d, want 429", got.status)
				}
				if h := got.header.Get("Retry-After"); h != tt.header {
					t.Errorf("header %q, want %q", h, tt.header)
				}
				if !strings.Contains(got.text, tt.body) || tt.body == "" && strings.Contains(got.text, "RetryAfter") {
					t.Errorf("body %s", got.text)
				}
				if date := got.header.Get("Date"); date != "Sat, 01 Jan 2000 00:00:00 GMT" {
					t.Errorf("Date %q", date)
				}
			})
		})
	}
}

// TestWhatCounts leaves token requests, reads and refused requests out of the quota, one by one.
func TestWhatCounts(t *testing.T) {
	tests := []struct {
		name  string
		quota sandbox.Quota
		want  int // updates that pass, of a quota of 10, after two token requests, a read and a refused update
	}{
		{"all", sandbox.Quota{}, 6},
		{"not tokens", sandbox.Quota{FreeTokens: true}, 8},
		{"not reads", sandbox.Quota{FreeReads: true}, 7},
		{"not refused", sandbox.Quota{FreeRefused: true}, 7},
		{"only updates", sandbox.Quota{FreeTokens: true, FreeReads: true, FreeRefused: true}, 10},
	}
	for _, tt := range tests {
		for _, window := range []sandbox.Window{sandbox.Fixed, sandbox.Rolling, sandbox.Bucket} {
			t.Run(tt.name+" "+string(window), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					tt.quota.N, tt.quota.Per, tt.quota.Window = 10, time.Hour, window
					_, c := newCaller(t, sandbox.Config{Quota: tt.quota})
					c.get(numberPath, "PhoneNumber", "+18018018011")
					c.update(`{"Number":"no number"}`)
					passed := 0
					for c.update(`{"Number":"+18018018011"}`).status == 200 {
						passed++
					}
					if passed != tt.want {
						t.Errorf("%d updates pass, want %d", passed, tt.want)
					}
				})
			})
		}
	}
}

func TestParseQuota(t *testing.T) {
	good := map[string]sandbox.Quota{
		"50/m":      {N: 50, Per: time.Minute},
		"20/s":      {N: 20, Per: time.Second},
		"1000/h":    {N: 1000, Per: time.Hour},
		"10/30s":    {N: 10, Per: 30 * time.Second},
		"unlimited": {},
	}
	for text, want := range good {
		if got, err := sandbox.ParseQuota(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "50", "50/", "/m", "0/m", "-1/m", "x/m", "50/x", "50/-1s", "50/m/s"} {
		if got, err := sandbox.ParseQuota(text); err == nil || !strings.Contains(err.Error(), "quota") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}
