package batch

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/client/sandbox"
)

// BenchmarkSyncing is what the syncing of the journal costs a whole run, against
// a server in the process and without a pace: rows a second with it and without
// it, in turn, and how many times as long a row takes with it.
func BenchmarkSyncing(b *testing.B) {
	const rows = 2000
	for _, workers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var synced, not time.Duration
			for b.Loop() {
				synced += timed(b, rows, workers, func(file *os.File) rundir.File { return file })
				not += timed(b, rows, workers, func(file *os.File) rundir.File { return unsynced{file} })
			}
			all := float64(rows * b.N)
			b.ReportMetric(all/synced.Seconds(), "rows/s")
			b.ReportMetric(all/not.Seconds(), "unsynced-rows/s")
			b.ReportMetric(synced.Seconds()/not.Seconds(), "times-as-long")
		})
	}
}

// timed is how long a run takes with its journal in a file of a kind.
func timed(b *testing.B, rows, workers int, kind func(*os.File) rundir.File) time.Duration {
	b.Helper()
	fake, err := sandbox.New(sandbox.Config{})
	if err != nil {
		b.Fatal(err)
	}
	e := newEngineAt(b, fake, rows, workers)
	rejournal(b, e, kind)
	start := time.Now()
	run, err := e.execute(context.Background(), e.fromStart)
	took := time.Since(start)
	if err != nil || run.Stop.Early() || fake.Stats().Updates != rows {
		b.Fatalf("error %v, stop %v, %d updates", err, run.Stop, fake.Stats().Updates)
	}
	return took
}
