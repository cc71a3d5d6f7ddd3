package reporttest

import (
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// Runs are some runs, as they are at a moment.
func Runs(now time.Time) []runs.Info {
	return []runs.Info{
		{Name: "three", Job: "nightly", State: runs.Running, StartedAt: now.Add(-90 * time.Second), Rows: 12000,
			Counts: map[result.Status]int{result.NotAttempted: 2000, result.Updated: 10000}, Holder: &store.Holder{PID: 17, Host: "night1"}},
		{Name: "two", Job: "\x1b[31mred", State: runs.Refused, Why: "guard", Sandbox: true, StartedAt: now.Add(-47 * time.Hour)},
		{Name: "one", State: runs.Archived, StartedAt: now.Add(-90 * 24 * time.Hour)},
	}
}
