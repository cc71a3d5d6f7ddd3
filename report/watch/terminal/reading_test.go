package terminal_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// The bar of a reading goes before anyone is asked, and another one comes for
// the rows.
func TestBarOfAReadingThenRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 120, log.LevelError)
		for page := 1; page <= 92; page++ {
			w.Listen(watchtest.Told(watchtest.Paged(page)))
			time.Sleep(time.Second) // of synctest: takes no real time
		}
		since := time.Now()
		w.Listen(event.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: since, Until: since.Add(20 * time.Second)}})
		drawn()
		want := []string{
			"[==================>-------------------]  reading 92/184  50 %  1 m 53 s left  60/m  done at 00:03:25 UTC",
			"waiting: 429 from the API, until 00:01:52 UTC",
			"", "", "",
		}
		if d := cmp.Diff(want, out.Lines(t)); d != "" {
			t.Error(d)
		}
		watchtest.Read(w.Listen) // to the end, and beyond what the pages have
		drawn()
		if got := out.Lines(t)[0]; !strings.HasPrefix(got, "[=====================================>]  reading 186/186  100 %") {
			t.Errorf("at the end of the reading: %q", got)
		}
		w.Listen(watchtest.Made())
		if d := cmp.Diff([]string{""}, out.Lines(t)); d != "" {
			t.Errorf("while someone is asked: %s", d)
		}
		tell(w, 1234, 100)
		drawn()
		if got := out.Lines(t)[10]; !strings.HasPrefix(got, "[") || !strings.Contains(got, "]  100/1,234  8 %") {
			t.Errorf("rows after a reading: %q", got)
		}
		w.Close()
	})
}

func TestBarOfAnInventoryWithoutASize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := onTerminal(&out, 80, log.LevelError)
		w.Listen(watchtest.Told(plan.Reading{Way: plan.ReadInventory, Numbers: 900, Pages: 3, SinglesLeft: 900}))
		drawn()
		want := []string{"[--------------------------------------]  reading 3  0/m", "", "", "", ""}
		if d := cmp.Diff(want, out.Lines(t)); d != "" {
			t.Error(d)
		}
		w.Listen(event.Ended{Stop: result.Stop{Reason: result.StoppedBySignal}}) // no error, which would be shown
		if d := cmp.Diff([]string{""}, out.Lines(t)); d != "" {
			t.Error(d)
		}
	})
}
