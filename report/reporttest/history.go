package reporttest

import (
	"time"

	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
)

// History is the story of a number.
func History() *history.Number {
	at := time.Date(2026, 11, 23, 2, 0, 7, 123456789, time.UTC)
	moved := []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}
	return &history.Number{Number: "+18018018011", Entries: []history.Entry{
		{
			Run: "one", Job: "cutover", State: runs.Finished, At: at, ReadAt: at, Sent: true, Changes: moved,
			Result:   result.Result{Status: result.Updated, UpdateOrderId: "JNUOID-1", UpdateOrderStatus: "Complete"},
			Verified: &runs.Verified{At: at.Add(time.Minute), Status: result.InSync},
			Waves:    "10,100%", RolledBackBy: "two", Ticket: "CHG-1", Reason: "\x1b[31mred", User: "jo",
		},
		{
			Run: "two", Job: "cutover-rollback", State: runs.Running, At: at.Add(time.Hour), Sent: true,
			Changes: []settings.Change{{Field: "MessageRouteId", WriteOnly: true}}, Result: result.Result{Status: result.Unknown, Error: "no answer"},
			Verified:   &runs.Verified{At: at.Add(2 * time.Hour), Status: result.Drifted, Drift: moved},
			RollbackOf: "one",
		},
		{Run: "three", State: runs.Finished, At: at, Result: result.Result{Status: result.Unchanged}, Verified: &runs.Verified{At: at, Status: result.Unreadable, Error: "404"}},
	}}
}
