package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client/sandbox"
)

// TestEachFault shows what the caller sees of a fault over real HTTP, and whether the update took effect.
func TestEachFault(t *testing.T) {
	tests := []struct {
		fault   sandbox.Fault
		status  int    // 0: the connection is closed before an answer
		body    string // part of the body
		applied bool
	}{
		{sandbox.Fault429, 429, "slow down", false},
		{sandbox.FaultPortal, 200, "<title>Sign in</title>", false},
		{sandbox.Fault500, 500, "StatusCode", false},
		{sandbox.Fault502, 502, "<html>", false},
		{sandbox.Fault503, 503, "StatusCode", false},
		{sandbox.FaultHangUpBefore, 0, "", false},
		{sandbox.FaultLocked, 425, "locked", false},
		{sandbox.FaultIgnored, 200, `"MessageRouteId":"MRID-cb7b`, false},
		{sandbox.FaultEchoOld, 200, `"MessageRouteId":"MRID-cb7b`, true},
		{sandbox.FaultLag, 200, `"MessageRouteId":"MRID-new"`, true},
		{sandbox.Fault504, 504, "StatusCode", true},
		{sandbox.FaultSlow, 200, "UpdateOrderId", true},
		{sandbox.FaultHangUpAfter, 0, "", true},
		{sandbox.FaultTruncated, 200, `{"Number"`, true},
		{sandbox.FaultHTML, 200, "<html>", true},
		{sandbox.FaultEmpty, 200, "", true},
		{"422", 422, "refused", false},
		{"418", 418, "refused", false},
		{"599", 599, "refused", false},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault), func(t *testing.T) {
			s, c := newCaller(t, sandbox.Config{Faults: sandbox.Faults{
				At: map[int]sandbox.Fault{1: tt.fault}, SlowFor: time.Millisecond}})
			server := httptest.NewServer(s)
			defer server.Close()
			status, body, err := post(server.URL, c.token(updatePath), `{"Number":"+18018018011","MessageRouteId":"MRID-new"}`)
			if status != tt.status || !strings.Contains(body, tt.body) {
				t.Errorf("%d %q %v; want %d %q", status, body, err, tt.status, tt.body)
			}
			if lost := tt.status == 0 || tt.fault == sandbox.FaultTruncated; lost != (err != nil) {
				t.Errorf("error %v", err)
			}
			rec, _ := s.Number("+18018018011")
			if got := rec.MessageRouteId == "MRID-new"; got != tt.applied {
				t.Errorf("took effect: %v, want %v", got, tt.applied)
			}
			stats := s.Stats()
			if stats.Endpoints[sandbox.Update].Faults[tt.fault] != 1 || stats.Updates == 1 != tt.applied {
				t.Errorf("stats: %+v", stats)
			}
			if status, _, err := post(server.URL, c.token(updatePath), `{"Number":"+18018018011"}`); status != 200 || err != nil {
				t.Errorf("the second update: %d %v", status, err)
			}
		})
	}
}

// post sends an update over the network; a status of 0 is no answer.
func post(base, token, body string) (int, string, error) {
	r, err := http.NewRequest(http.MethodPost, base+updatePath, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

// TestSlowAnswers: the update takes effect at once, the answer comes later, and not at all when nobody waits for it.
func TestSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newCaller(t, sandbox.Config{Faults: sandbox.Faults{
			Rates: map[sandbox.Fault]float64{sandbox.FaultSlow: 1}, SlowFor: time.Minute}})
		token := c.token(updatePath)
		start := time.Now()
		c.update(`{"Number":"+18018018011"}`)
		if took := time.Since(start); took != time.Minute {
			t.Errorf("a slow answer took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, updatePath, strings.NewReader(`{"Number":"+18018018012","MessageRouteId":"MRID-x"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		start = time.Now()
		s.ServeHTTP(httptest.NewRecorder(), r)
		if took := time.Since(start); took != time.Second {
			t.Errorf("an answer that nobody waits for took %v", took)
		}
		if rec, _ := s.Number("+18018018012"); rec.MessageRouteId != "MRID-x" {
			t.Error("the update did not take effect")
		}
	})
}

// faultsSeen sends n updates and returns the fault of each.
func faultsSeen(t testing.TB, seed int64, faults sandbox.Faults, n int) []sandbox.Fault {
	var seen []sandbox.Fault
	_, c := newCaller(t, sandbox.Config{Seed: seed, Faults: faults, Observe: func(s sandbox.Seen) {
		if s.Endpoint == sandbox.Update {
			seen = append(seen, s.Fault)
		}
	}})
	c.token(updatePath)
	for i := range n {
		func() {
			defer func() { // a fault that closes the connection
				if p := recover(); p != nil && !errors.Is(p.(error), http.ErrAbortHandler) {
					panic(p)
				}
			}()
			c.update(fmt.Sprintf(`{"Number":"+1801801%04d"}`, i))
		}()
	}
	return seen
}

func TestFaultsFollowTheSeed(t *testing.T) {
	faults := sandbox.Faults{Rates: map[sandbox.Fault]float64{
		sandbox.Fault429: 0.1, sandbox.Fault503: 0.05, sandbox.FaultHangUpAfter: 0.05, sandbox.FaultHangUpBefore: 0.05}}
	const n = 1500
	first := faultsSeen(t, 7, faults, n)
	if diff := cmp.Diff(first, faultsSeen(t, 7, faults, n)); diff != "" {
		t.Errorf("the same seed, other faults:\n%s", diff)
	}
	if reflect.DeepEqual(first, faultsSeen(t, 8, faults, n)) {
		t.Error("another seed, the same faults")
	}
	count := map[sandbox.Fault]int{}
	for _, fault := range first {
		count[fault]++
	}
	for fault, p := range faults.Rates {
		if got := float64(count[fault]) / n; got < p*0.7 || got > p*1.3 {
			t.Errorf("%s: %.3f of the requests, want about %.3f", fault, got, p)
		}
	}
}

func TestFaultsStayOnTheirEndpoints(t *testing.T) {
	always := map[sandbox.Fault]float64{sandbox.Fault500: 1}
	_, c := newCaller(t, sandbox.Config{Faults: sandbox.Faults{Rates: always}})
	if got := c.get(numberPath, "PhoneNumber", "+18018018011"); got.status != 200 {
		t.Errorf("a read: %d", got.status)
	}
	if got := c.update(`{"Number":"+18018018011"}`); got.status != 500 {
		t.Errorf("an update: %d", got.status)
	}
	_, c = newCaller(t, sandbox.Config{Faults: sandbox.Faults{Rates: always, On: []sandbox.Endpoint{sandbox.Number}}})
	if got := c.get(numberPath, "PhoneNumber", "+18018018011"); got.status != 500 {
		t.Errorf("a read: %d", got.status)
	}
	if got := c.update(`{"Number":"+18018018011"}`); got.status != 200 {
		t.Errorf("an update: %d", got.status)
	}
}

// TestFaultRetryAfter: 429 and 503 say when to come back, in the manner of the quota.
func TestFaultRetryAfter(t *testing.T) {
	at := map[int]sandbox.Fault{1: sandbox.Fault429, 2: sandbox.Fault503}
	_, c := newCaller(t, sandbox.Config{Faults: sandbox.Faults{At: at}})
	if got := c.update(`{}`).header.Get("Retry-After"); got != "1" {
		t.Errorf("429: %q", got)
	}
	if got := c.update(`{}`).header.Get("Retry-After"); got != "" {
		t.Errorf("503: %q", got)
	}
	_, c = newCaller(t, sandbox.Config{Faults: sandbox.Faults{At: at, RetryAfter: 7 * time.Second},
		Quota: sandbox.Quota{RetryAfter: sandbox.RetryBody}})
	for range 2 {
		if got := c.update(`{}`); got.fields["RetryAfter"] != "7" || got.header.Get("Retry-After") != "" {
			t.Errorf("%d %s", got.status, got.text)
		}
	}
}

func TestParseFaults(t *testing.T) {
	got, err := sandbox.ParseFaults("429=0.02, 503=1%,hangup-after=0.005,503@9,500@3-5,on=update+inventory,slow-for=3s,retry-after=1s,")
	want := sandbox.Faults{
		Rates: map[sandbox.Fault]float64{sandbox.Fault429: 0.02, sandbox.Fault503: 0.01, sandbox.FaultHangUpAfter: 0.005},
		At:    map[int]sandbox.Fault{3: sandbox.Fault500, 4: sandbox.Fault500, 5: sandbox.Fault500, 9: sandbox.Fault503},
		On:    []sandbox.Endpoint{sandbox.Update, sandbox.Inventory}, SlowFor: 3 * time.Second, RetryAfter: time.Second,
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err := sandbox.ParseFaults("on=all"); err != nil || len(got.On) != len(sandbox.Endpoints()) {
		t.Errorf("on=all: %v, %v", got.On, err)
	}
	for text, want := range map[string]string{
		"429":                "FAULT=SHARE",
		"299=0.1":            "hangup-before",
		"429=2":              "0 to 1",
		"429=-1":             "0 to 1",
		"429=NaN":            "0 to 1",
		"429=x":              "probability",
		"429=0.6,503=0.6":    "more than 1",
		"429@0":              "counted from 1",
		"429@x":              "counted from 1",
		"429@3-2":            "counted from 1",
		"429@1-":             "counted from 1",
		"429@1-1000001":      "at most 1000000",
		"600@1":              "hangup-before",
		"on=updates":         "message-route",
		"slow-for=1":         "unit",
		"slow-for=-1s":       "negative",
		"retry-after=monday": "duration",
	} {
		if _, err := sandbox.ParseFaults(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestFaultsRoundTrip: String is what ParseFaults reads.
func TestFaultsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fault := rapid.SampledFrom(append(sandbox.AllFaults(), "422", "307", "599"))
		want := sandbox.Faults{
			Rates:   rapid.MapOfN(fault, rapid.Float64Range(0.001, 0.09), 0, 11).Draw(t, "rates"),
			At:      rapid.MapOf(rapid.IntRange(1, 1000), fault).Draw(t, "at"),
			On:      rapid.SliceOfN(rapid.SampledFrom(sandbox.Endpoints()), 1, 3).Draw(t, "on"),
			SlowFor: time.Duration(rapid.IntRange(1, 1e12).Draw(t, "slow for")),
		}
		got, err := sandbox.ParseFaults(want.String())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%s: %v\n%s", want, err, diff)
		}
	})
}

func FuzzParseFaults(f *testing.F) {
	f.Add("429=0.02,503=1%,503@9,on=all,slow-for=3s")
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := sandbox.ParseFaults(text)
		if err != nil {
			return
		}
		if _, err := sandbox.New(sandbox.Config{Faults: faults}); err != nil {
			t.Errorf("%q is read and not accepted: %v", text, err)
		}
	})
}
