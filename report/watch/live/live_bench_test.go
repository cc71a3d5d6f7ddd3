package live_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/watch/access"
	"github.com/bulknum/bulknum/report/watch/live"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

// BenchmarkLive is a run without a rate, against a server in the process: alone,
// and with readers of its live page on loopback that take nothing. The ratio of
// the two is what the readers cost a run, which at its real rate is a thousand
// times slower. Half of them ask for the page, which is the run's report.
func BenchmarkLive(b *testing.B) {
	for _, readers := range []int{-1, 0, 50} {
		name := "no page"
		if readers >= 0 {
			name = fmt.Sprintf("%d stuck readers", readers)
		}
		b.Run(name, func(b *testing.B) {
			config := benchRun(b)
			config.Control = control.New()
			if readers >= 0 {
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					b.Fatal(err)
				}
				server := live.Serve(listener, access.Token{}, live.Page{Write: func(ctx context.Context, w io.Writer) error {
					return page.Live(ctx, w, runs.Folder{Store: config.Store, Dir: config.RunsDir}, config.Control.Status(time.Now()))
				}}, config.Control.Status, metrics.New("bench", "", config.Control.Status))
				defer server.End(runs.Outcome{})
				config.Listeners = append(config.Listeners, server.Listen)
				for i := range readers {
					conn, err := net.Dial("tcp", listener.Addr().String())
					if err != nil {
						b.Fatal(err)
					}
					b.Cleanup(func() { conn.Close() })
					path := []string{"/events", "/"}[i%2]
					fmt.Fprint(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
				}
			}
			b.ResetTimer()
			if _, err := batch.Apply(context.Background(), config); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// benchRun is a run of b.N rows.
func benchRun(b *testing.B) batch.Config {
	b.Helper()
	fake, err := sandbox.New(sandbox.Config{})
	if err != nil {
		b.Fatal(err)
	}
	transport, stop := pipenet.Listen().Serve(fake)
	b.Cleanup(stop)
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
	all, err := sqlite.Open(b.Context(), sqlite.Options{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { all.Close() })
	return batch.Config{
		Access:      batch.Access{Reader: api.Reader, Client: api, Rate: client.Unlimited},
		File:        batch.File{Source: strings.NewReader(input.String()), SourceName: "rows.csv"},
		Options:     send.Options{Workers: 4},
		PlanOptions: runs.PlanOptions{All: true},
		Store:       all, RunsDir: dir, Job: "bench",
	}
}
