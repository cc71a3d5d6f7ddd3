package files_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/report/reporttest"
)

// BenchmarkDryRun makes the plan of 100,000 rows, of which 2 % differ, against
// inventories of several sizes, without a rate. Its memory must not grow with
// the inventory.
func BenchmarkDryRun(b *testing.B) {
	const rows = 100_000
	for _, inventory := range []int{100_000, 300_000} {
		b.Run(fmt.Sprintf("inventory=%d", inventory), func(b *testing.B) {
			fake, err := sandbox.New(sandbox.Config{Numbers: inventory, PageSize: 1000})
			if err != nil {
				b.Fatal(err)
			}
			transport, stop := pipenet.Listen().Serve(fake)
			defer stop()
			var input strings.Builder
			input.WriteString("Number,MessageRouteId\n")
			for i := range rows {
				number, _ := fake.InventoryNumber(i * (inventory / rows))
				record, _ := fake.Number(number)
				if i%50 == 0 {
					record.MessageRouteId = "MRID-new"
				}
				fmt.Fprintf(&input, "%s,%s\n", number, record.MessageRouteId)
			}
			for b.Loop() {
				peak := peakHeap(func() { made(b, transport, input.String(), rows) })
				b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
			}
			b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// plan makes one plan.
func made(b *testing.B, transport *http.Transport, input string, rows int) {
	b.Helper()
	reader, err := client.NewReader(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Rate:        client.Unlimited,
		Transport:   transport,
	})
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	run, err := batch.DryRun(context.Background(), batch.Config{
		Access:      batch.Access{Reader: reader, Rate: client.Unlimited},
		File:        batch.File{Source: strings.NewReader(input), SourceName: "rows.csv"},
		Reading:     batch.Reading{Read: plan.ReadInventory},
		Options:     send.Options{Workers: 4},
		PlanOptions: runs.PlanOptions{WriteOnly: plan.WriteOnlyKnown},
		Store:       reporttest.Opened(b, dir), RunsDir: dir, Job: "bench",
	})
	if err != nil || run.Plan.Counts[result.Planned] != rows/50 {
		b.Fatalf("%+v, %v", run.Plan, err)
	}
}

// peakHeap is the most memory that the heap held while f ran, beyond what it
// held before, in bytes.
func peakHeap(f func()) uint64 {
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	peak := make(chan uint64)
	go func() {
		most := uint64(0)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				peak <- most
				return
			case <-tick.C:
				runtime.ReadMemStats(&now)
				if now.HeapAlloc > before.HeapAlloc {
					most = max(most, now.HeapAlloc-before.HeapAlloc)
				}
			}
		}
	}()
	f()
	close(done)
	return <-peak
}
