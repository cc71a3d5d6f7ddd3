package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client/sandbox"
)

// TestStats holds the whole of the statistics against a known course of events, in Go and over HTTP.
func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newCaller(t, sandbox.Config{
			Quota:  sandbox.Quota{N: 9, Per: time.Hour},
			Faults: sandbox.Faults{At: map[int]sandbox.Fault{3: sandbox.Fault503}},
		})
		c.update(`{"Number":"+18018018011"}`)                    // token, update
		c.update(`{"Number":"+18018018011","Classification":1}`) // 400
		time.Sleep(time.Second)
		c.update(`{"Number":"+18018018012"}`)            // 503
		c.update(`{"Number":"+18018018012"}`)            // update
		c.get(numberPath, "PhoneNumber", "+18018018011") // token, read
		c.send("GET", numberPath, "", "")                // no token
		c.send("GET", "/nothing", "", "")                // 404
		c.update(`{"Number":"+18018018012"}`)            // 429
		c.update(`{"Number":"+18018018012"}`)            // 429
		c.send("GET", "/_sandbox/stats", "", "")         // not counted
		c.send("POST", "/_sandbox/stats", "", "{}")      // nor this
		want := sandbox.Stats{
			Requests: 11, Throttled: 2, Updates: 2, TokensIssued: 2, TokensAtOnce: 1, WithoutToken: 1, Busiest: 8,
			Endpoints: map[sandbox.Endpoint]sandbox.EndpointStats{
				sandbox.Tokens: {Requests: 2, Statuses: map[int]int{200: 2}, Faults: map[sandbox.Fault]int{}},
				sandbox.Update: {Requests: 6, Statuses: map[int]int{200: 2, 400: 1, 503: 1, 429: 2}, Faults: map[sandbox.Fault]int{sandbox.Fault503: 1}},
				sandbox.Number: {Requests: 2, Statuses: map[int]int{200: 1, 401: 1}, Faults: map[sandbox.Fault]int{}},
				sandbox.Other:  {Requests: 1, Statuses: map[int]int{404: 1}, Faults: map[sandbox.Fault]int{}},
			},
			Numbers: map[string]sandbox.NumberStats{
				"+18018018011": {Requests: 2, Reads: 1, Updates: 1},
				"+18018018012": {Requests: 1, Updates: 1},
			},
		}
		if diff := cmp.Diff(want, s.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
		var told, same sandbox.Stats
		if err := json.Unmarshal([]byte(c.send("GET", "/_sandbox/stats", "", "").text), &told); err != nil {
			t.Fatal(err)
		}
		encoded, _ := json.Marshal(want)
		if err := json.Unmarshal(encoded, &same); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(same, told); diff != "" {
			t.Errorf("told over HTTP (-want +got):\n%s", diff)
		}
	})
}

func TestOwnPaths(t *testing.T) {
	_, c := newCaller(t, sandbox.Config{})
	for target, want := range map[string]int{"/_sandbox/openapi.yaml": 200, "/_sandbox/": 404, "/_sandbox/x": 404} {
		if got := c.send("GET", target, "", ""); got.status != want {
			t.Errorf("%s: %d", target, got.status)
		}
	}
	if got := c.send("DELETE", "/_sandbox/stats", "", ""); got.status != 405 {
		t.Errorf("DELETE: %d", got.status)
	}
}

// TestStatsAreACopy: what was told does not change afterwards.
func TestStatsAreACopy(t *testing.T) {
	s, c := newCaller(t, sandbox.Config{})
	c.update(`{"Number":"+18018018011"}`)
	before := s.Stats()
	encoded, _ := json.Marshal(before)
	c.update(`{"Number":"+18018018011"}`)
	c.send("GET", "/", "", "")
	if again, _ := json.Marshal(before); !bytes.Equal(again, encoded) {
		t.Errorf("changed from %s to %s", encoded, again)
	}
}

// TestAnswerHook lets a test answer requests itself; they are counted and change nothing.
func TestAnswerHook(t *testing.T) {
	var seen []sandbox.Seen
	s, c := newCaller(t, sandbox.Config{
		Answer: func(r *http.Request) http.Handler {
			body, _ := io.ReadAll(r.Body)
			if !strings.Contains(string(body), "+18018018013") {
				return nil
			}
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				again, _ := io.ReadAll(r.Body)
				w.WriteHeader(http.StatusTeapot)
				fmt.Fprintf(w, "%t", bytes.Equal(again, body))
			})
		},
		Observe: func(s sandbox.Seen) { seen = append(seen, s) },
	})
	if got := c.update(`{"Number":"+18018018013"}`); got.status != 418 || got.text != "true" {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := c.update(`{"Number":"+18018018014"}`); got.status != 200 {
		t.Errorf("another number: %d", got.status)
	}
	if st := s.Stats(); st.Updates != 1 || st.Endpoints[sandbox.Update].Statuses[418] != 1 {
		t.Errorf("%+v", st)
	}
	want := []sandbox.Seen{
		{Endpoint: sandbox.Tokens, Status: 200},
		{Endpoint: sandbox.Update, Status: 418},
		{Endpoint: sandbox.Update, Number: "+18018018014", Status: 200, Applied: true},
	}
	for i := range seen {
		if seen[i].Time.IsZero() {
			t.Errorf("%d has no time", i)
		}
		seen[i].Time = time.Time{}
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed:\n%s", diff)
	}
}

// TestClock: tokens and the Date header go by the clock that was given, so that a test can let it jump.
func TestClock(t *testing.T) {
	now := time.Date(2030, time.May, 2, 6, 0, 0, 0, time.UTC)
	_, c := newCaller(t, sandbox.Config{Now: func() time.Time { return now }})
	got := c.get(numberPath, "PhoneNumber", "+18018018011")
	if date := got.header.Get("Date"); date != "Thu, 02 May 2030 06:00:00 GMT" {
		t.Errorf("Date %q", date)
	}
	now = now.Add(2 * time.Hour)
	if got := c.get(numberPath, "PhoneNumber", "+18018018011"); got.status != 401 {
		t.Errorf("after the clock jumped: %d", got.status)
	}
}

// TestSetBehindTheBack changes a number as another user of the account would.
func TestSetBehindTheBack(t *testing.T) {
	s, c := newCaller(t, sandbox.Config{Numbers: 5})
	number, _ := s.InventoryNumber(2)
	err := s.Set(number, func(r *sandbox.Record) { r.MessageRouteId, r.Number = "MRID-other", "+1" })
	if err != nil {
		t.Fatal(err)
	}
	if got := c.get(numberPath, "PhoneNumber", number); got.fields["MessageRouteId"] != "MRID-other" {
		t.Errorf("%s", got.text)
	}
	if got := s.Stats().Updates; got != 0 {
		t.Errorf("counted as %d updates", got)
	}
	if err := s.Set("1801", func(*sandbox.Record) {}); err == nil {
		t.Error("a number that is none can be set")
	}
	if _, ok := s.Number("1801"); ok {
		t.Error("a number that is none exists")
	}
}

// TestConcurrentUse is for the race detector: every kind of request and question at once, nothing lost.
func TestConcurrentUse(t *testing.T) {
	s, c := newCaller(t, sandbox.Config{Numbers: 50, PageSize: 10})
	for _, path := range []string{updatePath, numberPath, inventoryPath} {
		c.token(path)
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 25 {
				number := fmt.Sprintf("+1801801%04d", worker*100+i)
				c.update(`{"Number":"` + number + `","VoiceEnabled":true}`)
				c.get(numberPath, "PhoneNumber", number)
				c.get(inventoryPath, "Filter", "All", "PageNumber", "5")
				s.Number(number)
				_ = s.Set(number, func(r *sandbox.Record) { r.Status = "Inactive" })
				s.Stats()
			}
		})
	}
	all.Wait()
	if got := s.Stats(); got.Updates != 200 || got.Requests != 603 || len(got.Numbers) != 200 {
		t.Errorf("%d updates, %d requests, %d numbers", got.Updates, got.Requests, len(got.Numbers))
	}
}
