package batch_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A number that is locked for a moment is tried again: at once where it only came too early, else at the end of the run.
func TestANumberThatIsLockedForAMomentIsSentOnceMore(t *testing.T) {
	for name, waves := range map[string]string{"at once": "", "in waves": "10,100%"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				faults, err := sandbox.ParseFaults("locked@3-5")
				if err != nil {
					t.Fatal(err)
				}
				var sent perNumber
				b := newCutover(t, sandbox.Config{Faults: faults, Answer: sent.count}, 30, 0, "10,100%")
				if waves == "" {
					b.config.Waves = nil
				}
				b.config.MaxFailures = plan.Limit{Share: 1}
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 30})
				if n := sent.most(); n != 2 {
					t.Errorf("a number got %d updates, want 2", n)
				}
				if n := b.fake.Stats().Updates; n != 30 {
					t.Errorf("%d updates took effect, want 30", n)
				}
			})
		})
	}
}

// locking answers a status to the updates of one number, which take effect all the same if it applies.
func locking(b *bench, number string, code int, applies bool) func(*http.Request) http.Handler {
	return func(r *http.Request) http.Handler {
		if updateOf(r) != number {
			return nil
		}
		if applies {
			b.move(number, "MRID-new")
		}
		return status(code)
	}
}

// What stays locked failed if its number reads as before, and is updated if it reads as asked.
func TestANumberThatStaysLocked(t *testing.T) {
	testextent.Variant(t)
	for name, c := range map[string]struct {
		code    int
		applies bool
		tries   int32
		want    result.Status
		says    string
	}{
		"409":                {http.StatusConflict, false, 2, result.Failed, "update: status 409: as the test asks; it was sent once more, and its number is as it was"},
		"423":                {http.StatusLocked, false, 2, result.Failed, "update: status 423: as the test asks; it was sent once more, and its number is as it was"},
		"409, which applied": {http.StatusConflict, true, 1, result.Updated, "found in sync, order id unknown"},
		"425":                {http.StatusTooEarly, false, 0, result.Failed, "update: status 425: too early for 30m0s: as the test asks"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var answer func(*http.Request) http.Handler
				var tries atomic.Int32
				b := newCutover(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
					h := answer(r)
					if h != nil {
						tries.Add(1)
					}
					return h
				}}, 30, 0, "100%")
				b.config.Waves = nil
				number := b.inventory(3)
				answer = locking(b, number, c.code, c.applies)
				start := time.Now()
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				for _, r := range results {
					switch {
					case r.Number != number && r.Status != result.Updated:
						t.Errorf("another row is %+v", r)
					case r.Number == number && (r.Status != c.want || r.Error != c.says):
						t.Errorf("the row is %s, %q", r.Status, r.Error)
					}
				}
				if n := tries.Load(); c.tries != 0 && n != c.tries {
					t.Errorf("it was tried %d times, want %d", n, c.tries)
				}
				if took := time.Since(start); c.code == http.StatusTooEarly && (took < client.DefaultOutageWait || tries.Load() < 20) {
					t.Errorf("it was given up after %v and %d tries", took, tries.Load())
				}
			})
		})
	}
}

// What stays locked is unknown where nobody knows what it was.
func TestALockedNumberOfWhichNothingWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
			if strings.HasSuffix(updateOf(r), "03") {
				return status(http.StatusLocked)
			}
			return nil
		}}, rows(10))
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 9, result.Unknown: 1})
		if r := results[3]; r.Error != "update: status 423: as the test asks (it may have been applied) (an earlier sending may have been applied)" {
			t.Errorf("the row says %q", r.Error)
		}
	})
}

// Without a key that reads, a locked row is sent once more, and doubtful after that.
func TestALockedNumberWithATokenOnly(t *testing.T) {
	for _, times := range []int{1, 5} {
		synctest.Test(t, func(t *testing.T) {
			var locked atomic.Int32
			b := newBench(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
				if strings.HasSuffix(updateOf(r), "03") && int(locked.Add(1)) <= times {
					return status(http.StatusLocked)
				}
				return nil
			}}, rows(10))
			b.config.TokenOnly = true
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			want := map[result.Status]int{result.Updated: 10}
			if times > 1 {
				want = map[result.Status]int{result.Updated: 9, result.Unknown: 1}
			}
			wantCounts(t, results, want)
			if n := locked.Load(); n != 2 {
				t.Errorf("it was sent %d times, want 2", n)
			}
		})
	}
}
