package text_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

func summary() *runs.Summary {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	return &runs.Summary{
		State:     runs.Finished,
		Folder:    "runs/20261123T020000Z-nightly",
		Run:       runs.Identity{Name: "20261123T020000Z-nightly", Rate: "48/m"},
		StartedAt: start, EndedAt: start.Add(3*time.Hour + 34*time.Minute), DurationMs: 12_840_000,
		Rows:   10_000,
		Counts: map[result.Status]int{result.Updated: 9_812, result.Unchanged: 174, result.Failed: 12, result.Unknown: 2},
		Requests: request.Counts{
			Total:      10_321,
			ByEndpoint: map[client.Endpoint]int{client.EndpointUpdate: 10_317, client.EndpointToken: 4},
			ByStatus:   map[int]int{200: 9_990, 429: 315, 503: 4, 400: 12},
			WaitedMs:   map[client.WaitReason]int64{client.WaitThrottled: 192_000, client.WaitBackoff: 5_300, client.WaitOutage: 61_000},
		},
		Failures: []result.Result{
			{Row: 1_016, Line: 1_017, Number: "+18018018011", Status: result.Failed, Error: "update: status 400: the message route is not yours"},
			{Row: 2_032, Line: 2_033, Number: "+18018018013", Status: result.Unknown, Error: strings.Repeat("no answer came back in time ", 5)},
		},
	}
}

func summaryText(t *testing.T, s *runs.Summary, next ...string) string {
	t.Helper()
	return reporttest.Rendered(t, func(b *bytes.Buffer) error { return text.Summary(b, s, next) })
}

func TestText(t *testing.T) {
	got := summaryText(t, summary(), "bulknum report latest --status failed,unknown", "bulknum report latest --as-input > again.csv")
	reporttest.Diff(t, got, `Run 20261123T020000Z-nightly finished: 14 of 10,000 rows are not in sync

Rows             10,000
  updated         9,812
  unchanged         174
  failed             12
  unknown             2

Requests  10,321 (update 10,317, token 4) in place of 20,000, which would read and send each row
Waits     throttled 315 times (429), waited 3 m 12 s; retries of single rows 5.3 s; outage 1 m 1 s
Time      3 h 34 m, from 2026-11-23 02:00:00 UTC to 2026-11-23 05:34:00 UTC
Rate      48.2/m on average, 48/m allowed

The first 2 of 14 rows with trouble
  line 1017 (row 1016), +18018018011, failed
      update: status 400: the message route is not yours
  line 2033 (row 2032), +18018018013, unknown
      no answer came back in time no answer came back in time no answer came back in time no answer
      came back in time no answer came back in time

Folder    runs/20261123T020000Z-nightly
Report    runs/20261123T020000Z-nightly/report.html
Next      bulknum report latest --status failed,unknown
          bulknum report latest --as-input > again.csv
`)
}

func TestARateThatIsTooHigh(t *testing.T) {
	const told = "\n          the API takes less than that: 1,033 requests of 10,321 were answered 429; a lower --rate is faster\n"
	s := summary()
	s.Requests.ByStatus[429] = 1_032 // one in ten
	if got := summaryText(t, s); strings.Contains(got, "a lower --rate") {
		t.Errorf("told of %d throttled requests already", s.Requests.ByStatus[429])
	}
	s.Requests.ByStatus[429]++
	if got := summaryText(t, s); !strings.Contains(got, told) {
		t.Errorf("not told:\n%s", got)
	}
}

func TestHeadlines(t *testing.T) {
	for want, change := range map[string]func(*runs.Summary){
		"finished: every row is in sync": func(s *runs.Summary) {
			s.Counts = map[result.Status]int{result.Updated: 9_000, result.Unchanged: 1_000}
		},
		"finished: every row can be sent as planned": func(s *runs.Summary) {
			s.Counts = map[result.Status]int{result.Planned: 9_000, result.Unchanged: 1_000}
		},
		"finished: there are no rows": func(s *runs.Summary) { s.Rows, s.Counts = 0, nil },
		"(sandbox) finished: 14 of 10,000 rows are not in sync": func(s *runs.Summary) {
			s.Run.Sandbox = true
		},
		"stopped early: 3 of 25 rows failed or are unknown, more than 10%": func(s *runs.Summary) {
			s.State = runs.Stopped
			s.Stop = &result.Stop{Reason: result.StoppedByFailures, Detail: "3 of 25 rows failed or are unknown, more than 10%"}
		},
		"stopped early: outage": func(s *runs.Summary) {
			s.State, s.Stop = runs.Stopped, &result.Stop{Reason: result.StoppedByOutage}
		},
		"did not start: declined; nothing was sent": func(s *runs.Summary) {
			s.State, s.Stop = runs.Stopped, &result.Stop{Reason: result.Declined, Detail: "declined; nothing was sent"}
			s.Requests.ByEndpoint, s.Counts = nil, nil
		},
		"finished: every row was sent, but of the numbers read back 1 drifted and 2 could not be read": func(s *runs.Summary) {
			s.Counts = map[result.Status]int{result.Updated: s.Rows}
			s.Waves = []event.WaveEnded{{Drifted: 1, Unreadable: 1}, {Unreadable: 1}}
		},
		"finished: every row is in sync; the gate failed after the last wave: exit status 1": func(s *runs.Summary) {
			s.Counts = map[result.Status]int{result.Updated: s.Rows}
			s.Waves = []event.WaveEnded{{}, {Gate: "exit status 1"}}
		},
		"is still running": func(s *runs.Summary) {
			s.State, s.EndedAt = runs.Running, time.Time{}
		},
		"crashed: it was cut off, and nobody works on it any more": func(s *runs.Summary) {
			s.State, s.EndedAt = runs.Crashed, time.Time{}
		},
		"was not resumed: declined; nothing more was sent": func(s *runs.Summary) {
			s.State, s.Stop = runs.Stopped, &result.Stop{Reason: result.Declined, Detail: "declined; nothing more was sent"}
			s.Requests.ByEndpoint = map[client.Endpoint]int{client.EndpointUpdate: 46}
		},
	} {
		s := summary()
		change(s)
		first, _, _ := strings.Cut(summaryText(t, s), "\n")
		reporttest.Diff(t, first, "Run 20261123T020000Z-nightly "+want)
	}
}

func TestTextOfAlmostNothing(t *testing.T) {
	got := summaryText(t, &runs.Summary{State: runs.Finished, StartedAt: time.Unix(0, 0).UTC(), EndedAt: time.Unix(0, 0).UTC()})
	reporttest.Diff(t, got, `Run  finished: there are no rows

Rows             0

Requests  none
Time      0.0 s, from 1970-01-01 00:00:00 UTC to 1970-01-01 00:00:00 UTC

Folder    
Report    report.html
`)
}

// The rate is that between requests: five of them at 60/m take four seconds.
func TestTextOfAShortRun(t *testing.T) {
	s := summary()
	s.Run.Rate, s.Requests.Total, s.DurationMs = "60/m", 5, 4_000
	if got := summaryText(t, s); !strings.Contains(got, "Rate      60.0/m on average, 60/m allowed\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestTextIsPlain(t *testing.T) {
	s := summary()
	s.Stop = &result.Stop{Reason: result.StoppedByOutage, Detail: "gave up\x1b[2J"}
	s.State = runs.Stopped
	s.Failures[0].Number, s.Failures[0].Error = "\x1b[1mx", "a\nb\x07"
	if got := summaryText(t, s); strings.ContainsAny(got, "\x1b\x07") {
		t.Errorf("control characters in\n%q", got)
	}
}
