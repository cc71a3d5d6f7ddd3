package batch_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// badRow answers 500 to every update of one number, however many workers there are.
func badRow(number string) func(*http.Request) http.Handler {
	return func(r *http.Request) http.Handler {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1.0/numbers/update" || !strings.Contains(string(body), number) {
			return nil
		}
		return status(http.StatusInternalServerError)
	}
}

// A row that alone always fails, while others succeed, ends by its attempts and ends no
// run, with one worker too, and as the only row.
func TestOneBadRowEndsNoRun(t *testing.T) {
	for _, workers := range []int{1, 2, 4} {
		for _, n := range []int{1, 2, 30} {
			t.Run(fmt.Sprint(workers, " workers, ", n, " rows"), func(t *testing.T) {
				if (workers != 1 || n != 1) && (workers != 4 || n != 30) {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					bad := n / 2
					b := newBench(t, sandbox.Config{Answer: badRow(number(bad))}, rows(n))
					b.config.Workers = workers
					b.config.All = false
					b.config.MaxFailures = plan.Limit{Rows: 5}
					start := time.Now()
					run, results, err := b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					want := map[result.Status]int{result.Unknown: 1}
					if n > 1 {
						want[result.Updated] = n - 1
					}
					wantCounts(t, results, want)
					if took := time.Since(start); took > 10*time.Minute {
						t.Errorf("took %v", took)
					}
				})
			})
		}
	}
}
