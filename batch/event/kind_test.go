package event_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Programs go by what an event is called and by its names: testdata/events.jsonl has one of each kind as it is told.
func TestEventsAreStableAsJSON(t *testing.T) {
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	counts := map[result.Status]int{result.Planned: 2}
	made := &plan.Plan{MadeAt: at, Counts: counts}
	all := []event.Event{
		event.Began{At: at, Folder: "runs/one", Run: event.Run{Name: "one", Account: "DID-1", API: "https://api"}},
		event.ProblemFound{Problem: input.Problem{Line: 2, Column: "Number", Message: "the + is missing"}},
		event.Checked{Folder: "runs/one", Counts: input.Counts{Rows: 2, Valid: 2}},
		event.ReadingTold{Reading: plan.Reading{Way: plan.ReadEach, Numbers: 2, Found: 1}},
		event.ReadingBack{Over: true},
		event.PlanMade{Plan: made},
		event.PlanResumed{Plan: made, Counts: map[result.Status]int{result.Updated: 1}},
		event.NumbersVerified{Rows: 2, Counts: map[result.VerifyStatus]int{result.InSync: 2}},
		event.Noticed{Detail: "something"},
		event.Asking{Why: "whether to send 2 updates"},
		event.Started{At: at, Rows: 2, Workers: 4, Counts: counts, Again: map[int]result.Status{3: result.Failed}},
		event.Attempted{Row: 1, Line: 2, Attempt: client.Attempt{
			Endpoint: client.EndpointUpdate, Number: "+18018018011", N: 1, Start: at, Duration: 80 * time.Millisecond,
			HTTPStatus: 503, Applied: client.AppliedMaybe, Err: errors.New("down"), RetryAfter: time.Second,
		}},
		event.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: at, Until: at.Add(time.Second)}},
		event.Finished{Result: result.Result{Row: 1, Line: 2, Number: "+18018018011", Status: result.Updated}, Was: result.Planned},
		event.WaveStarted{Wave: plan.Wave{N: 1, Of: 2, Rows: 1, Upto: 1}, At: at},
		event.WaveEnded{Wave: plan.Wave{N: 1, Of: 2, Rows: 1, Upto: 1}, StartedAt: at, At: at, Counts: counts, Passed: true},
		event.Held{Name: "pause by alice", Since: at, Why: "paused by alice"},
		event.Commanded{At: at, What: event.CommandRate, By: "alice", Detail: "20/m"},
		event.Stopping{Stop: result.Stop{Reason: result.StoppedByOperator}, InFlight: 1},
		event.Ended{At: at, Stop: result.Stop{Reason: result.StoppedByOperator}},
	}
	var told strings.Builder
	seen := map[event.Kind]bool{}
	for _, e := range all {
		text, err := json.Marshal(e)
		if err != nil || seen[e.Kind()] {
			t.Fatalf("%T: %v, or there are two of kind %s", e, err, e.Kind())
		}
		seen[e.Kind()] = true
		told.WriteString(string(e.Kind()) + " " + string(text) + "\n")
	}
	want, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if told.String() != string(want) {
		t.Errorf("events are told otherwise:\n%s", told.String())
	}
}
