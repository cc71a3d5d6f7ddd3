package control_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
)

// paged is a reading of 184 pages for 9,812 numbers after so many of them.
func paged(pages int) plan.Reading {
	found := min(pages*54, 9_810)
	return plan.Reading{Way: plan.ReadInventory, Numbers: 9_812, Found: found, Pages: pages, PagesInAll: 184, SinglesLeft: 9_812 - found}
}

// lastTwo is the reading of what the pages lack.
func lastTwo(singles int) plan.Reading {
	r := paged(184)
	r.Singles, r.SinglesLeft = singles, 2-singles
	return r
}

// told is the event of a reading.
func told(r plan.Reading) event.Event { return event.ReadingTold{Reading: r} }

func TestStatusOfAReading(t *testing.T) {
	for name, test := range map[string]struct {
		reading     plan.Reading
		done, total int
	}{
		"pages":                         {paged(1), 1, 184},
		"the pages lack some":           {paged(184), 184, 186},
		"singles after pages":           {lastTwo(1), 185, 186},
		"done":                          {lastTwo(2), 186, 186},
		"all found before the end":      {plan.Reading{Way: plan.ReadInventory, Pages: 20, PagesInAll: 184}, 20, 20},
		"singles are cheaper":           {plan.Reading{Way: plan.ReadEach, Pages: 1, PagesInAll: 184, SinglesLeft: 20}, 1, 21},
		"singles instead of more pages": {plan.Reading{Way: plan.ReadEach, Pages: 1, PagesInAll: 184, SinglesLeft: 20}, 1, 21},
		"an inventory without a size":   {plan.Reading{Way: plan.ReadInventory, Pages: 3, SinglesLeft: 900}, 3, 0},
		"singles after it":              {plan.Reading{Way: plan.ReadInventory, Pages: 9, Singles: 1, SinglesLeft: 1}, 10, 11},
		"trouble":                       {plan.Reading{Way: plan.ReadInventory, Pages: 3, PagesInAll: 9, SinglesLeft: 900, Trouble: "x"}, 3, 903},
		"nothing to read":               {plan.Reading{Way: plan.ReadFile, Numbers: 5, Found: 5}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			run := control.New()
			run.Observe(start, told(test.reading))
			v := run.Status(start).Progress
			if !v.Reading || v.Done != test.done || v.Total != test.total {
				t.Errorf("%d of %d, want %d of %d", v.Done, v.Total, test.done, test.total)
			}
		})
	}
}

func TestStatusOfAReadingThenRows(t *testing.T) {
	run := control.New()
	for page := 1; page <= 92; page++ {
		run.Observe(after(time.Duration(page)*time.Second), told(paged(page)))
	}
	now := after(92 * time.Second)
	v := run.Status(now).Progress
	if !near(v.Rate, 60, 1.1) || !near(v.Left.Seconds(), 92, 2) || !v.Ends.Equal(now.Add(v.Left)) {
		t.Errorf("half of the pages after 92 s: %.1f a minute, %s left until %s", v.Rate, v.Left, v.Ends)
	}
	// The rows have nothing of the requests.
	run.Observe(now, event.Started{Rows: 100})
	v = run.Status(now.Add(time.Minute)).Progress
	if v.Reading || v.Done != 0 || v.Total != 100 || v.Rate != 0 || v.Left != 0 {
		t.Errorf("rows begin with %+v", v)
	}
}
