package watch_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch"
)

// paged is a reading of 184 pages for 9,812 numbers after so many of them.
func paged(pages int) batch.Reading {
	found := min(pages*54, 9_810)
	return batch.Reading{Way: batch.ReadInventory, Numbers: 9_812, Found: found, Pages: pages, PagesInAll: 184, SinglesLeft: 9_812 - found}
}

// lastTwo is the reading of what the pages lack.
func lastTwo(singles int) batch.Reading {
	r := paged(184)
	r.Singles, r.SinglesLeft = singles, 2-singles
	return r
}

func told(r batch.Reading) batch.Event { return batch.ReadingTold{Reading: r} }

// read tells a watcher a reading with a request a second, until there is a plan.
func read(w *watch.Watcher) {
	w.Listen(told(paged(1)))
	time.Sleep(500 * time.Millisecond) // the clock of the lines has no part in it
	for page := 2; page <= 184; page++ {
		time.Sleep(time.Second) // of synctest: takes no real time
		w.Listen(told(paged(page)))
	}
	for single := 1; single <= 2; single++ {
		time.Sleep(time.Second) // of synctest: takes no real time
		w.Listen(told(lastTwo(single)))
	}
}

func made() batch.Event {
	return batch.PlanMade{Plan: &batch.Plan{Rows: 2, Counts: map[batch.Status]int{batch.Planned: 2}, Budget: batch.Budget{Updates: 2}, Hash: "0f3a5c7e9b1d"}}
}

func TestTallyOfAReading(t *testing.T) {
	for name, test := range map[string]struct {
		reading     batch.Reading
		done, total int
	}{
		"pages":                         {paged(1), 1, 184},
		"the pages lack some":           {paged(184), 184, 186},
		"singles after pages":           {lastTwo(1), 185, 186},
		"done":                          {lastTwo(2), 186, 186},
		"all found before the end":      {batch.Reading{Way: batch.ReadInventory, Pages: 20, PagesInAll: 184}, 20, 20},
		"singles are cheaper":           {batch.Reading{Way: batch.ReadEach, Pages: 1, PagesInAll: 184, SinglesLeft: 20}, 1, 21},
		"singles instead of more pages": {batch.Reading{Way: batch.ReadEach, Pages: 1, PagesInAll: 184, SinglesLeft: 20}, 1, 21},
		"an inventory without a size":   {batch.Reading{Way: batch.ReadInventory, Pages: 3, SinglesLeft: 900}, 3, 0},
		"singles after it":              {batch.Reading{Way: batch.ReadInventory, Pages: 9, Singles: 1, SinglesLeft: 1}, 10, 11},
		"trouble":                       {batch.Reading{Way: batch.ReadInventory, Pages: 3, PagesInAll: 9, SinglesLeft: 900, Trouble: "x"}, 3, 903},
		"nothing to read":               {batch.Reading{Way: batch.ReadFile, Numbers: 5, Found: 5}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			tally := watch.NewTally()
			tally.Tell(start, told(test.reading))
			v := tally.At(start)
			if !v.Reading || v.Done != test.done || v.Total != test.total {
				t.Errorf("%d of %d, want %d of %d", v.Done, v.Total, test.done, test.total)
			}
		})
	}
}

func TestTallyOfAReadingThenRows(t *testing.T) {
	tally := watch.NewTally()
	for page := 1; page <= 92; page++ {
		tally.Tell(after(time.Duration(page)*time.Second), told(paged(page)))
	}
	now := after(92 * time.Second)
	v := tally.At(now)
	if !near(v.Rate, 60, 1.1) || !near(v.Left.Seconds(), 92, 2) || !v.Ends.Equal(now.Add(v.Left)) {
		t.Errorf("half of the pages after 92 s: %.1f a minute, %s left until %s", v.Rate, v.Left, v.Ends)
	}
	// The rows have nothing of the requests.
	tally.Tell(now, batch.Started{Rows: 100})
	v = tally.At(now.Add(time.Minute))
	if v.Reading || v.Done != 0 || v.Total != 100 || v.Rate != 0 || v.Left != 0 {
		t.Errorf("rows begin with %+v", v)
	}
}

func TestLogOfAReading(t *testing.T) {
	const readIt = "00:00:00 UTC INF current settings read numbers=%d found=%d pages=%d singles=%d\n"
	for name, test := range map[string]struct {
		readings []batch.Reading
		want     string
	}{
		"the way, what the pages lack, the end": {
			[]batch.Reading{paged(1), paged(2), paged(184), lastTwo(1), lastTwo(2)},
			"00:00:00 UTC INF reading current settings way=inventory numbers=9812 detail=\"reading 184 inventory pages instead of 9,812 single numbers\"\n" +
				"00:00:00 UTC INF reading current settings way=inventory numbers=9812 detail=\"reading 184 inventory pages instead of 9,812 single numbers, then 2 single numbers missing there\"\n" +
				fmt.Sprintf(readIt, 9_812, 9_810, 184, 2),
		},
		"singles are the cheaper way": {
			[]batch.Reading{
				{Way: batch.ReadEach, Numbers: 2, Pages: 1, PagesInAll: 9, SinglesLeft: 2},
				{Way: batch.ReadEach, Numbers: 2, Found: 1, Pages: 1, PagesInAll: 9, Singles: 1, SinglesLeft: 1},
				{Way: batch.ReadEach, Numbers: 2, Found: 2, Pages: 1, PagesInAll: 9, Singles: 2},
			},
			"00:00:00 UTC INF reading current settings way=each numbers=2 detail=\"reading 2 single numbers instead of 8 more inventory pages\"\n" +
				fmt.Sprintf(readIt, 2, 2, 1, 2),
		},
		"another reading": {
			[]batch.Reading{{Way: batch.ReadEach, Numbers: 1, Found: 1, Singles: 1}, {Way: batch.ReadEach, Numbers: 1, Found: 1, Singles: 1}},
			strings.Repeat("00:00:00 UTC INF reading current settings way=each numbers=1 detail=\"reading 1 single number\"\n"+fmt.Sprintf(readIt, 1, 1, 0, 1), 2),
		},
		"the inventory makes trouble": {
			[]batch.Reading{
				{Way: batch.ReadEach, Numbers: 2, Found: 1, Singles: 1, SinglesLeft: 1, Trouble: "status 500\n\x1b[2J"},
				{Way: batch.ReadEach, Numbers: 2, Found: 1, Singles: 2, Trouble: "status 500\n\x1b[2J"},
			},
			"00:00:00 UTC WRN reading current settings way=each numbers=2 detail=\"reading 2 single numbers, because the inventory cannot be read to its end: status 500 �[2J\"\n" +
				fmt.Sprintf(readIt, 2, 1, 0, 2),
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out screen
				log := watch.NewLog(watch.NewLogger(&out, watch.LogConsole, watch.LevelInfo, false))
				for _, r := range test.readings {
					log.Listen(told(r))
				}
				if d := cmp.Diff(test.want, out.raw()); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestOffATerminalAReadingHasItsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		w := watch.Start(watch.Options{Stderr: &out, Format: watch.LogConsole})
		read(w)
		w.Listen(made())
		time.Sleep(time.Hour) // someone is asked
		w.Listen(batch.Started{At: time.Now(), Rows: 2, Workers: 4})
		w.Listen(update(1, batch.Updated))
		w.Listen(update(2, batch.Updated))
		w.Listen(batch.Ended{At: time.Now()})
		lines := out.lines(t)
		want := []string{
			`00:00:00 UTC INF reading current settings way=inventory numbers=9812 detail="reading 184 inventory pages instead of 9,812 single numbers"`,
			`00:00:30 UTC INF reading done=30 total=184 rate_per_minute=58 left=2m39s`,
		}
		if d := cmp.Diff(want, lines[:2]); d != "" {
			t.Error(d)
		}
		want = []string{
			`00:03:05 UTC INF current settings read numbers=9812 found=9810 pages=184 singles=2`,
			`00:03:05 UTC INF plan made rows=2 updates=2 planned=2 hash=0f3a5c7e9b1d`,
			`01:03:05 UTC INF started rows=2 workers=4`,
			`01:03:05 UTC INF progress done=2 total=2 updated=2 failed=0 rate_per_minute=0`,
			`01:03:05 UTC INF finished`,
			``,
		}
		if d := cmp.Diff(want, lines[len(lines)-len(want):]); d != "" {
			t.Error(d)
		}
		if n := len(lines); n != 2+5+1+len(want) {
			t.Errorf("%d lines:\n%s", n, strings.Join(lines, "\n"))
		}
	})
}

// The bar of a reading goes before anyone is asked, and another one comes for
// the rows.
func TestBarOfAReadingThenRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		w := onTerminal(&out, 120, watch.LevelError)
		for page := 1; page <= 92; page++ {
			w.Listen(told(paged(page)))
			time.Sleep(time.Second) // of synctest: takes no real time
		}
		since := time.Now()
		w.Listen(batch.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: since, Until: since.Add(20 * time.Second)}})
		drawn()
		want := []string{
			"[==================>-------------------]  reading 92/184  50 %  1 m 53 s left  60/min  done at 00:03:25 UTC",
			"waiting: 429 from the API, until 00:01:52 UTC",
			"", "", "",
		}
		if d := cmp.Diff(want, out.lines(t)); d != "" {
			t.Error(d)
		}
		read(w) // to the end, and beyond what the pages have
		drawn()
		if got := out.lines(t)[0]; !strings.HasPrefix(got, "[=====================================>]  reading 186/186  100 %") {
			t.Errorf("at the end of the reading: %q", got)
		}
		w.Listen(made())
		if d := cmp.Diff([]string{""}, out.lines(t)); d != "" {
			t.Errorf("while someone is asked: %s", d)
		}
		tell(w, 1234, 100)
		drawn()
		if got := out.lines(t)[10]; !strings.HasPrefix(got, "[") || !strings.Contains(got, "]  100/1,234  8 %") {
			t.Errorf("rows after a reading: %q", got)
		}
		w.Close()
	})
}

func TestBarOfAnInventoryWithoutASize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out screen
		w := onTerminal(&out, 80, watch.LevelError)
		w.Listen(told(batch.Reading{Way: batch.ReadInventory, Numbers: 900, Pages: 3, SinglesLeft: 900}))
		drawn()
		want := []string{"[--------------------------------------]  reading 3  0/min", "", "", "", ""}
		if d := cmp.Diff(want, out.lines(t)); d != "" {
			t.Error(d)
		}
		w.Listen(batch.Ended{Stop: batch.Stop{Reason: batch.StoppedByOutage}})
		if d := cmp.Diff([]string{""}, out.lines(t)); d != "" {
			t.Error(d)
		}
	})
}
