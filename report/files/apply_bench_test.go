package files_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

// BenchmarkApply is a whole run, from the input to the report, against a server
// in the process and without a rate: what bulknum itself costs a row.
func BenchmarkApply(b *testing.B) {
	for _, workers := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			fake, err := sandbox.New(sandbox.Config{})
			if err != nil {
				b.Fatal(err)
			}
			transport, stop := pipenet.Listen().Serve(fake)
			defer stop()
			api, err := client.New(client.Config{
				BaseURL:     "http://localhost",
				Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
				Rate:        client.Unlimited,
				Transport:   transport,
			})
			if err != nil {
				b.Fatal(err)
			}
			var input strings.Builder
			input.WriteString("Number,MessageRouteId\n")
			for i := range b.N {
				fmt.Fprintf(&input, "+1801%07d,MRID-%d\n", 5550000+i, i)
			}
			dir := b.TempDir()
			config := batch.Config{
				Access:      batch.Access{Reader: api.Reader, Client: api, Rate: client.Unlimited},
				File:        batch.File{Source: strings.NewReader(input.String()), SourceName: "rows.csv"},
				Options:     send.Options{Workers: workers},
				PlanOptions: runs.PlanOptions{All: true},
				Store:       reporttest.Opened(b, dir), RunsDir: dir, Job: "bench",
			}
			b.ResetTimer()
			run, err := batch.Apply(context.Background(), config)
			if err != nil {
				b.Fatal(err)
			}
			summary, err := files.Finish(context.Background(), run)
			if err != nil || summary.Counts[result.Updated] != b.N {
				b.Fatalf("%+v, %v", summary, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
