package batch

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
)

// BenchmarkSyncing is a whole run against a server in the process and without a
// rate: what it takes to record each intent and each result safely.
func BenchmarkSyncing(b *testing.B) {
	const rows = 2000
	for _, workers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var took time.Duration
			for b.Loop() {
				took += timed(b, rows, workers)
			}
			b.ReportMetric(float64(rows*b.N)/took.Seconds(), "rows/s")
		})
	}
}

// timed is how long a run takes.
func timed(b *testing.B, rows, workers int) time.Duration {
	b.Helper()
	fake, err := sandbox.New(sandbox.Config{})
	if err != nil {
		b.Fatal(err)
	}
	e := newExecutionAt(b, fake, rows, workers)
	start := time.Now()
	run, err := e.execute(context.Background(), e.fromInput)
	took := time.Since(start)
	if err != nil || run.Stop.Early() || fake.Stats().Updates != rows {
		b.Fatalf("error %v, stop %v, %d updates", err, run.Stop, fake.Stats().Updates)
	}
	return took
}
