//go:build linux

package hosts

import (
	"fmt"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// More workers take less time in proportion, for more accounts than one of them takes at a time. The ideal is that each account
// takes what its rate allows, and nothing else any time.
func BenchmarkWorkers(b *testing.B) {
	const accounts, rows, atATime, perSecond = 400, 50, 25, 5
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			server := pgtest.New(b)
			server.Administer(b, "postgres", "ALTER SYSTEM SET max_connections = 400")
			server.Stop(syscall.SIGINT)
			if err := server.Restart(); err != nil {
				b.Fatal(err)
			}
			took := time.Duration(0)
			for range b.N {
				b.StopTimer()
				f := newFleet(b, server, accounts, rows, sandbox.Config{})
				first := f.host("host0")
				first.run(0, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes", "--rate", strconv.Itoa(perSecond)+"/s")
				b.StartTimer()
				began := time.Now()
				started := []*command{first.start("worker", "--parallel", strconv.Itoa(atATime))}
				for i := 1; i < workers; i++ {
					started = append(started, f.host(fmt.Sprintf("host%d", i)).start("worker", "--parallel", strconv.Itoa(atATime)))
				}
				for f.ask("SELECT count(*) FROM bulknum_queue.river_job WHERE state <> 'completed'") != "0" {
					time.Sleep(200 * time.Millisecond)
				}
				took += time.Since(began)
				b.StopTimer()
				for _, w := range started {
					w.signal(syscall.SIGTERM)
					w.code()
				}
				for _, a := range f.accounts {
					if a.seen() < rows { // on a busy machine some are sent again, after a time-out
						b.Errorf("%s: %d updates, want %d", a.name, a.seen(), rows)
					}
				}
			}
			ideal := float64(accounts) / float64(workers*atATime) * rows / perSecond
			each := took.Seconds() / float64(b.N)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(each, "s")
			b.ReportMetric(ideal, "ideal-s")
			b.ReportMetric(each/ideal, "x-ideal")
		})
	}
}
