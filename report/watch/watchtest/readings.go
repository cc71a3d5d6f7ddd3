package watchtest

import (
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// Paged is a reading of 184 pages for 9,812 numbers after so many of them.
func Paged(pages int) plan.Reading {
	found := min(pages*54, 9_810)
	return plan.Reading{Way: plan.ReadInventory, Numbers: 9_812, Found: found, Pages: pages, PagesInAll: 184, SinglesLeft: 9_812 - found}
}

// LastTwo is the reading of what the pages lack.
func LastTwo(singles int) plan.Reading {
	r := Paged(184)
	r.Singles, r.SinglesLeft = singles, 2-singles
	return r
}

// Told is the event of a reading.
func Told(r plan.Reading) event.Event { return event.ReadingTold{Reading: r} }

// Read tells a listener a reading with a request a second, until there is a plan.
func Read(listen event.Listener) {
	listen(Told(Paged(1)))
	time.Sleep(500 * time.Millisecond) // of synctest; the clock of the lines has no part in it
	for page := 2; page <= 184; page++ {
		time.Sleep(time.Second) // of synctest: takes no real time
		listen(Told(Paged(page)))
	}
	for single := 1; single <= 2; single++ {
		time.Sleep(time.Second) // of synctest: takes no real time
		listen(Told(LastTwo(single)))
	}
}

// Made is the event of a plan of two rows.
func Made() event.Event {
	return event.PlanMade{Plan: &plan.Plan{Rows: 2, Counts: map[result.Status]int{result.Planned: 2}, Budget: plan.Budget{Updates: 2}, Hash: "0f3a5c7e9b1d"}}
}
