package reporttest

import (
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// Runs are some runs, as they are at a moment.
func Runs(now time.Time) []batch.RunInfo {
	return []batch.RunInfo{
		{Name: "three", Job: "nightly", State: batch.Running, StartedAt: now.Add(-90 * time.Second), Rows: 12000,
			Counts: map[result.Status]int{result.NotAttempted: 2000, result.Updated: 10000}, Holder: &store.Holder{PID: 17, Host: "night1"}},
		{Name: "two", Job: "\x1b[31mred", State: batch.Refused, Why: "guard", Sandbox: true, StartedAt: now.Add(-47 * time.Hour)},
		{Name: "one", State: batch.Archived, StartedAt: now.Add(-90 * 24 * time.Hour)},
	}
}
