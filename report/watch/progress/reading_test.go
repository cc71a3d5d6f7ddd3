package progress_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/watch/progress"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

func TestTallyOfAReading(t *testing.T) {
	for name, test := range map[string]struct {
		reading     plan.Reading
		done, total int
	}{
		"pages":                         {watchtest.Paged(1), 1, 184},
		"the pages lack some":           {watchtest.Paged(184), 184, 186},
		"singles after pages":           {watchtest.LastTwo(1), 185, 186},
		"done":                          {watchtest.LastTwo(2), 186, 186},
		"all found before the end":      {plan.Reading{Way: plan.ReadInventory, Pages: 20, PagesInAll: 184}, 20, 20},
		"singles are cheaper":           {plan.Reading{Way: plan.ReadEach, Pages: 1, PagesInAll: 184, SinglesLeft: 20}, 1, 21},
		"singles instead of more pages": {plan.Reading{Way: plan.ReadEach, Pages: 1, PagesInAll: 184, SinglesLeft: 20}, 1, 21},
		"an inventory without a size":   {plan.Reading{Way: plan.ReadInventory, Pages: 3, SinglesLeft: 900}, 3, 0},
		"singles after it":              {plan.Reading{Way: plan.ReadInventory, Pages: 9, Singles: 1, SinglesLeft: 1}, 10, 11},
		"trouble":                       {plan.Reading{Way: plan.ReadInventory, Pages: 3, PagesInAll: 9, SinglesLeft: 900, Trouble: "x"}, 3, 903},
		"nothing to read":               {plan.Reading{Way: plan.ReadFile, Numbers: 5, Found: 5}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tally := progress.NewTally()
			tally.Tell(start, watchtest.Told(test.reading))
			v := tally.At(start)
			if !v.Reading || v.Done != test.done || v.Total != test.total {
				t.Errorf("%d of %d, want %d of %d", v.Done, v.Total, test.done, test.total)
			}
		})
	}
}

func TestTallyOfAReadingThenRows(t *testing.T) {
	tally := progress.NewTally()
	for page := 1; page <= 92; page++ {
		tally.Tell(after(time.Duration(page)*time.Second), watchtest.Told(watchtest.Paged(page)))
	}
	now := after(92 * time.Second)
	v := tally.At(now)
	if !near(v.Rate, 60, 1.1) || !near(v.Left.Seconds(), 92, 2) || !v.Ends.Equal(now.Add(v.Left)) {
		t.Errorf("half of the pages after 92 s: %.1f a minute, %s left until %s", v.Rate, v.Left, v.Ends)
	}
	// The rows have nothing of the requests.
	tally.Tell(now, event.Started{Rows: 100})
	v = tally.At(now.Add(time.Minute))
	if v.Reading || v.Done != 0 || v.Total != 100 || v.Rate != 0 || v.Left != 0 {
		t.Errorf("rows begin with %+v", v)
	}
}
