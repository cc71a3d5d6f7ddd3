package postgres_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// BenchmarkAppend measures rows, each an intent and then its result, of many that append at a time, as that of SQLite does; and
// how many commits that takes. The server does not sync.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 4, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			o := newStore(b)
			s, err := postgres.Open(b.Context(), o)
			behaviour.Must(b, err)
			defer s.Close()
			run := behaviour.NewRun(b, s, behaviour.Account(b, s, "key"), "one")
			commits := func() (n int64) {
				_, err := fmt.Sscan(pgtest.Shared(b).Execute(b, string(o.Address), "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"), &n)
				behaviour.Must(b, err)
				return n
			}
			before := commits()
			var line atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range callers {
				group.Go(func() {
					for n := int(line.Add(1)); n <= b.N; n = int(line.Add(1)) {
						for _, r := range []store.Record{behaviour.Intent(n), behaviour.Done(n, result.Updated)} {
							if err := s.Append(run.ID, r); err != nil {
								b.Error(err)
								return
							}
						}
					}
				})
			}
			group.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(commits()-before)/b.Elapsed().Seconds(), "commits/s")
		})
	}
}
