// Package watchtest has the events, readings, screen and tables of docs/watching.md that the tests of the listeners share.
package watchtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Events are one of each kind, with what a run tells in them.
func Events() []event.Event {
	at := time.Date(2000, 1, 1, 0, 0, 5, 0, time.UTC)
	return []event.Event{
		event.ProblemFound{Problem: input.Problem{Line: 9, Message: "told elsewhere"}},
		event.Checked{Folder: "runs/night", Counts: input.Counts{Rows: 5, Valid: 3, Invalid: 1, Duplicate: 1, Warnings: 2}},
		event.Attempted{Attempt: client.Attempt{Endpoint: client.EndpointInventory, N: 1, Start: at, HTTPStatus: 200}},
		event.ReadingTold{Reading: plan.Reading{Way: plan.ReadInventory, Numbers: 4, Found: 4, Pages: 1, PagesInAll: 1}},
		event.PlanMade{Plan: &plan.Plan{Rows: 5, Hash: "0f3a5c7e9b1d", Counts: map[result.Status]int{result.Planned: 4, result.Invalid: 1}, Budget: plan.Budget{Updates: 3}}},
		event.NumbersVerified{Rows: 3, Counts: map[result.VerifyStatus]int{result.InSync: 2, result.Drifted: 1}},
		event.Noticed{Detail: "the same input\nas \x1b[2J"},
		event.Started{At: at, Rows: 3, Workers: 4},
		event.Attempted{Row: 1, Line: 2, Attempt: client.Attempt{
			Endpoint: client.EndpointUpdate, Number: "+18015550001", N: 1, Start: at, Duration: 30 * time.Millisecond,
			HTTPStatus: 429, Err: errors.New("too many\nrequests"),
		}},
		event.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: at, Until: at.Add(20 * time.Second)}},
		event.Waiting{Wait: client.Wait{Reason: client.WaitBackoff, Since: at, Until: at.Add(time.Second)}},
		event.Waiting{Wait: client.Wait{Reason: client.WaitOutage, Since: at, Until: at.Add(time.Second), Detail: "status 503"}},
		event.Waiting{Wait: client.Wait{Reason: client.WaitOutage, Since: at, Until: at.Add(time.Minute), Over: true}},
		event.Finished{Result: result.Result{Row: 1, Line: 2, Number: "+18015550001", Status: result.Updated, HTTPStatus: 200, Attempts: 2, UpdateOrderId: "JNUOID-1"}},
		event.Finished{Result: result.Result{Row: 2, Line: 3, Number: "+18015550002", Status: result.Failed, HTTPStatus: 400, Attempts: 1, Error: "\x1b[2J level=info"}},
		event.Finished{Result: result.Result{Row: 3, Line: 4, Number: "+18015550003", Status: result.Pending, HTTPStatus: 200, Attempts: 1, UpdateOrderId: "JNUOID-2"}},
		event.Stopping{Stop: result.Stop{Reason: result.StoppedBySignal, Detail: "interrupted", Signal: 2}, InFlight: 1},
		event.Ended{At: at, Stop: result.Stop{Reason: result.StoppedBySignal, Detail: "interrupted", Signal: 2}},
		event.Ended{At: at},
	}
}

// Update is the end of the n-th row.
func Update(n int, s result.Status) event.Event {
	return event.Finished{Result: result.Result{Row: n, Line: n + 1, Number: fmt.Sprintf("+1801555%04d", n), Status: s, Attempts: 1}}
}
