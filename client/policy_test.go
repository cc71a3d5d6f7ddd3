package client

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/pause"
)

// now is what a server's clock says.
var clock = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func TestParseRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"60": time.Minute, " 7 ": 7 * time.Second, "0007": 7 * time.Second, "1.5": 1500 * time.Millisecond,
		"1e-30": 1, "Mon, 23 Nov 2026 02:01:00 GMT": time.Minute, "Monday, 23-Nov-26 02:01:00 GMT": time.Minute,
		"Mon Nov 23 02:01:00 2026": time.Minute,
		// A year of two digits is at most 50 years ahead, RFC 9110 section 5.6.7.
		"Friday, 23-Nov-70 02:00:00 GMT":   time.Date(2070, 11, 23, 2, 0, 0, 0, time.UTC).Sub(clock),
		"Thursday, 23-Nov-89 02:00:00 GMT": 0,
		"86400000000000000000":             math.MaxInt64, "1e400": math.MaxInt64, "9223372036": 9223372036 * time.Second,
		"9223372037": math.MaxInt64, "Fri, 31 Dec 9999 23:59:59 GMT": math.MaxInt64,
		"": 0, "0": 0, "-1": 0, "-1e400": 0, "soon": 0, "NaN": 0, "Infinity": 0, "60 s": 0,
		"Mon, 23 Nov 2026 02:00:00 GMT": 0, "Mon, 23 Nov 2025 02:01:00 GMT": 0, "Mon, 32 Nov 2026 02:01:00 GMT": 0,
	} {
		got, ok := pause.Asked(text, clock)
		if got != want || ok != (want > 0) {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, text := range []string{
		"60", "-1", "1e400", "0x1p-2", "99999999999999999999", "Mon, 23 Nov 2026 02:01:00 GMT",
		"Monday, 23-Nov-26 02:01:00 GMT", "Mon Nov 23 02:01:00 2026", "Fri, 31 Dec 9999 23:59:59 GMT", "", "nan",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		wait, ok := pause.Asked(text, clock)
		if wait < 0 || ok != (wait > 0) {
			t.Errorf("%q: got %v, %v", text, wait, ok)
		}
	})
}

func TestRetryAfterTakesTheHeaderFirst(t *testing.T) {
	body, _ := object.Parse([]byte(`{"retryafter":"60"}`))
	for _, tt := range []struct {
		header []string
		body   object.Object
		want   time.Duration
	}{
		{[]string{"5"}, body, 5 * time.Second},
		{[]string{"soon", "7"}, body, 7 * time.Second},
		{[]string{"-5"}, body, time.Minute},
		{nil, body, time.Minute},
		{nil, object.Object{"retryafter": []byte("30")}, 30 * time.Second},
		{nil, object.Object{"retryafter": []byte("null")}, 0},
		{nil, object.Object{"retryafter": []byte(`{"a":1}`)}, 0},
		{nil, nil, 0},
	} {
		if got := retryAfter(http.Header{"Retry-After": tt.header}, tt.body, clock); got != tt.want {
			t.Errorf("header %v, body %s: got %v, want %v", tt.header, tt.body, got, tt.want)
		}
	}
}

func TestShouldRetry(t *testing.T) {
	for _, tt := range []struct {
		f    Error
		used int
		want bool
	}{
		{Error{retry: true}, 1, true},
		{Error{retry: true}, 4, true},
		{Error{retry: true}, 5, false},
		{Error{retry: true, free: true}, 5, true},
		{Error{}, 1, false},
		{Error{free: true}, 1, false},
	} {
		if got := shouldRetry(&tt.f, tt.used, 5); got != tt.want {
			t.Errorf("%+v after %d of 5: got %v", tt.f, tt.used, got)
		}
	}
}

func TestWaitsGrowAndAreBounded(t *testing.T) {
	const most = 0.999999
	for _, tt := range []struct {
		n                int
		backoff, minimum time.Duration // the most of one, the least of the other
	}{
		{1, time.Second, 2 * time.Second}, {2, 2 * time.Second, 4 * time.Second}, {3, 4 * time.Second, 8 * time.Second},
		{5, 16 * time.Second, 32 * time.Second}, {6, 30 * time.Second, time.Minute}, {1000, 30 * time.Second, time.Minute},
	} {
		if got := pause.Backoff(tt.n, most); got > tt.backoff || got < tt.backoff*9/10 {
			t.Errorf("backoff %d: got up to %v, want %v", tt.n, got, tt.backoff)
		}
		if got := pause.Backoff(tt.n, 0); got != 0 {
			t.Errorf("backoff %d: got at least %v, want full jitter", tt.n, got)
		}
		if got := pause.Throttled(tt.n, 0); got != tt.minimum {
			t.Errorf("throttleWait %d: got at least %v, want %v", tt.n, got, tt.minimum)
		}
		if got := pause.Throttled(tt.n, most); got > tt.minimum*5/4 || got == tt.minimum {
			t.Errorf("throttleWait %d: got up to %v, want jitter of a quarter", tt.n, got)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	want := time.Date(2025, 5, 2, 18, 36, 13, 0, time.UTC)
	for _, text := range []string{
		"05/02/2025 06:36:13 PM", "5/2/2025 6:36:13 PM", "2025-05-02T18:36:13Z", "2025-05-02T20:36:13+02:00", "2025-05-02T18:36:13",
	} {
		if got, ok := parseExpiry(text); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "13/02/2025 06:36:13 PM", "tomorrow"} {
		if got, ok := parseExpiry(text); ok {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
