package sqlite_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// BenchmarkAppend measures rows, each an intent and then its result, of many that
// append at a time.
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 4, 64, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			o := inFolder(b)
			s := open(b, o)
			run := newRun(b, s, account(b, s, "key"), "one")
			var line atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range callers {
				group.Go(func() {
					for n := int(line.Add(1)); n <= b.N; n = int(line.Add(1)) {
						r := done(n, result.Updated)
						r.UpdateOrderId, r.UpdateOrderStatus = fmt.Sprintf("order-%d", n), "Complete"
						if s.Append(run.ID, intent(n)) != nil || s.Append(run.ID, r) != nil {
							b.Error("not appended")
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.StopTimer()
			b.ReportMetric(float64(size(o))/float64(b.N), "bytes/row")
		})
	}
}

// size is that of the database, in bytes.
func size(o sqlite.Options) (n int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(filepath.Join(o.Dir, sqlite.File+suffix)); err == nil {
			n += info.Size()
		}
	}
	return n
}

// many appends results of lines, many at a time.
func many(b testing.TB, s *sqlite.Store, run store.RunID, from, to int) {
	b.Helper()
	for from < to {
		var records []store.Record
		for ; from < to && len(records) < 5_000; from++ {
			records = append(records, intent(from), done(from, result.Updated))
		}
		must(b, s.Append(run, records...))
	}
}

func BenchmarkOutcomes(b *testing.B) {
	const rows = 1_000_000
	s := open(b, inFolder(b))
	run := newRun(b, s, account(b, s, "key"), "one")
	began := time.Now()
	many(b, s, run.ID, 2, rows+2)
	b.Logf("%d rows were written in %s", rows, time.Since(began))
	for b.Loop() {
		n := 0
		for _, err := range s.Outcomes(b.Context(), run.ID) {
			must(b, err)
			n++
		}
		if n != rows {
			b.Fatalf("%d rows", n)
		}
	}
}

// blockRows is how many rows a block of a plan has here.
const blockRows = 256

// plan appends a plan of rows whose numbers are spread.
func plan(b testing.TB, s *sqlite.Store, run store.RunID, rows, seed int) {
	b.Helper()
	var records []store.Record
	block := &store.PlanBlock{First: true}
	for i := range rows {
		n := (i*7919 + seed*104729) % 10_000_000
		block.Rows = append(block.Rows, store.PlanLine{Line: i + 2, Number: number(n), Doc: fmt.Appendf(nil,
			`{"row":%d,"line":%d,"number":%q,"status":"unchanged","asOf":"2026-11-23T02:00:00Z","state":{"MessageRouteId":"MRID-%d","VoiceEnabled":"true","SmsEnabled":"true"}}`, i+1, i+2, number(n), n%7)})
		if len(block.Rows) == blockRows || i == rows-1 {
			records = append(records, block)
			block = &store.PlanBlock{}
		}
	}
	must(b, s.Append(run, append(records, &store.Milestone{Kind: store.Planned, At: at(1), Doc: json.RawMessage(`{}`)})...))
}

func BenchmarkPlanRowsOf(b *testing.B) {
	s := open(b, inFolder(b))
	a := account(b, s, "key")
	for i := range 1_000 {
		plan(b, s, newRun(b, s, a, fmt.Sprintf("run-%d", i)).ID, 1_000, i)
	}
	for b.Loop() {
		n := 0
		for _, err := range s.PlanRowsOf(b.Context(), store.RunFilter{Account: a.ID}, number(104729*3+7919)) {
			must(b, err)
			n++
		}
		if n == 0 {
			b.Fatal("no rows")
		}
	}
}

func BenchmarkWrites(b *testing.B) {
	const rows = 100_000
	s := open(b, inFolder(b))
	a := account(b, s, "key")
	for i := range 5 {
		many(b, s, newRun(b, s, a, fmt.Sprintf("run-%d", i)).ID, 2, rows+2)
	}
	for _, numbers := range []int{1, 10_000, 0} {
		b.Run(fmt.Sprintf("numbers=%d", numbers), func(b *testing.B) {
			f := store.WriteFilter{Account: a.ID}
			for i := range numbers {
				f.Numbers = append(f.Numbers, number(2+i*7))
			}
			n := 0
			for b.Loop() {
				for _, err := range s.Writes(b.Context(), f) {
					must(b, err)
					n++
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}
