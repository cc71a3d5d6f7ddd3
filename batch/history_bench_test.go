package batch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/client"
)

// BenchmarkHistory is one number's story from a thousand runs (with -short, of
// twenty) of a thousand rows, half of which were sent, that all have the number,
// or none.
func BenchmarkHistory(b *testing.B) {
	runs := 1_000
	if testing.Short() {
		runs = 20
	}
	dir := b.TempDir()
	cfg := Config{
		RunsDir: dir, RunName: "first", Job: "rows", SourceName: "rows.csv", Rate: client.Unlimited,
		Workers: 8, MaxFailures: Limit{Share: 0.1},
	}
	first := crashed(b, cfg, 1_000)
	for n := 1; n < runs; n++ {
		copyRun(b, first, filepath.Join(dir, fmt.Sprintf("run-%d", n)))
	}
	for name, c := range map[string]struct {
		number string
		want   int
	}{"in all": {"+12000000300", runs}, "in none": {"+12000009999", 0}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				h, err := NumberHistory(b.Context(), dir, c.number)
				if err != nil || len(h.Passages) != c.want || len(h.Unread) > 0 {
					b.Fatalf("%d passages, %v", len(h.Passages), err)
				}
			}
		})
	}
}

// copyRun copies what a run's folder tells.
func copyRun(b *testing.B, from, to string) {
	b.Helper()
	if err := os.Mkdir(to, 0o700); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{rundir.JournalFile, rundir.PlanFile} {
		content, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), content, 0o600)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
