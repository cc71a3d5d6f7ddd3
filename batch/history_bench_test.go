package batch

import (
	"fmt"
	"testing"

	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/client"
)

// BenchmarkHistory is one number's story from a thousand runs (with -short, of
// twenty) of a thousand rows, half of which were sent, that all have the number,
// or none.
func BenchmarkHistory(b *testing.B) {
	manyRuns := 1_000
	if testing.Short() {
		manyRuns = 20
	}
	runsDir := b.TempDir()
	cfg := Config{
		Access:      Access{Rate: client.Unlimited, Account: "DID-1", API: "http://localhost"},
		File:        File{SourceName: "rows.csv"},
		Options:     send.Options{Workers: 8, MaxFailures: plan.Limit{Share: 0.1}},
		PlanOptions: runs.PlanOptions{All: true},
		Store:       storeOf(b, runsDir), RunsDir: runsDir, Job: "rows",
	}
	for n := range manyRuns {
		cfg.RunName = fmt.Sprintf("run-%d", n)
		crashed(b, cfg, 1_000)
	}
	for name, c := range map[string]struct {
		number string
		want   int
	}{"in all": {"+12000000300", manyRuns}, "in none": {"+12000009999", 0}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h, err := history.Of(b.Context(), cfg.runs(), c.number)
				if err != nil || len(h.Entries) != c.want || len(h.Unread) > 0 {
					b.Fatalf("%d entries, %v", len(h.Entries), err)
				}
			}
		})
	}
}
