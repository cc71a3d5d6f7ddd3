package sandbox_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

func TestNewRefuses(t *testing.T) {
	tests := map[string]sandbox.Config{
		"numbers":       {Numbers: -1},
		"not between":   {Numbers: 1_000_000_000},
		"page size":     {PageSize: -1},
		"duration":      {Latency: -1},
		"go together":   {AccountKey: "DID-1"},
		"spec, problem": {Errors: "xml"},
		"fixed, ":       {Quota: sandbox.Quota{N: 1, Per: 1e9, Window: "sliding"}},
		"seconds, date": {Quota: sandbox.Quota{RetryAfter: "later"}},
		"no rate":       {Quota: sandbox.Quota{N: 5}},
		"negative":      {Quota: sandbox.Quota{N: -5}},
		"faults: 299@1": {Faults: sandbox.Faults{At: map[int]sandbox.Fault{1: "299"}}},
		"endpoint":      {Faults: sandbox.Faults{On: []sandbox.Endpoint{"updates"}}},
	}
	for want, cfg := range tests {
		if s, err := sandbox.New(cfg); err == nil || s != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestWords: each word is read, and the error for any other names them all.
func TestWords(t *testing.T) {
	tests := []struct {
		parse func(string) error
		words string
	}{
		{func(s string) error { _, err := sandbox.ParseWindow(s); return err }, "fixed, rolling, bucket, spaced"},
		{func(s string) error { _, err := sandbox.ParseRetryAfter(s); return err }, "seconds, date, body, none"},
		{func(s string) error { _, err := sandbox.ParseErrorShape(s); return err }, "spec, problem"},
		{func(s string) error { _, err := sandbox.ParseRequested(s); return err }, "ignored, size, first-listing, first-page, repeated, cap, cap-records, refused"},
		{func(s string) error { _, err := sandbox.ParseSpelling(s); return err }, "current, older, spec, phone-number"},
	}
	for _, tt := range tests {
		for word := range strings.SplitSeq(tt.words, ", ") {
			if err := tt.parse(word); err != nil {
				t.Errorf("%s: %v", word, err)
			}
		}
		err := tt.parse("nonsense")
		if err == nil {
			t.Errorf("nonsense is read as one of %s", tt.words)
			continue
		}
		for word := range strings.SplitSeq(tt.words, ", ") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s is not in %q", word, err)
			}
		}
	}
}

// paced sends one update for each of n rows at 20 requests a second and does what a 429 or 503 asks for. It returns
// how often it was answered 429 and 503.
func paced(t *testing.T, c *caller, n int) (throttled, unavailable int) {
	c.token(updatePath)
	for i := range n {
		for done := false; !done; {
			time.Sleep(time.Second / 20)
			got := c.update(fmt.Sprintf(`{"Number":"+180180%05d","MessageType":"a2p"}`, i))
			switch got.status {
			case 200:
				done = got.fields["UpdateOrderStatus"] == "Complete"
			case 429:
				throttled++
			case 503:
				unavailable++
			default:
				t.Fatalf("row %d: %d %s", i, got.status, got.text)
			}
			if got.status != 200 {
				if got.header.Get("Retry-After") != "1" {
					t.Errorf("%d asks for %q", got.status, got.header.Get("Retry-After"))
				}
				time.Sleep(time.Second)
			}
		}
	}
	return throttled, unavailable
}

func TestDemo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := newCaller(t, sandbox.Demo())
		start := time.Now()
		throttled, unavailable := paced(t, c, 25)
		if throttled != 3 || unavailable != 1 {
			t.Errorf("25 rows meet %d 429s and %d 503s, want 3 and 1", throttled, unavailable)
		}
		if took := time.Since(start); took > 8*time.Second {
			t.Errorf("25 rows took %v", took)
		}
	})
}

func TestDemoOfThousands(t *testing.T) {
	testextent.Variant(t) // TestDemo has what 25 rows meet, TestFaultsFollowTheSeed how often faults are
	synctest.Test(t, func(t *testing.T) {
		_, c := newCaller(t, sandbox.Demo())
		throttled, unavailable := paced(t, c, 4000)
		if throttled < 8 || throttled > 40 || unavailable < 1 || unavailable > 12 {
			t.Errorf("4,000 rows meet %d 429s and %d 503s", throttled, unavailable)
		}
	})
}
