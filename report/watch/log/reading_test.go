package log_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

func TestLogOfAReading(t *testing.T) {
	const readIt = "00:00:00 UTC INF current settings read numbers=%d found=%d pages=%d singles=%d\n"
	for name, test := range map[string]struct {
		readings []plan.Reading
		want     string
	}{
		"the way, what the pages lack, the end": {
			[]plan.Reading{watchtest.Paged(1), watchtest.Paged(2), watchtest.Paged(184), watchtest.LastTwo(1), watchtest.LastTwo(2)},
			"00:00:00 UTC INF reading current settings way=inventory numbers=9812 detail=\"reading 184 inventory pages instead of 9,812 single numbers\"\n" +
				"00:00:00 UTC INF reading current settings way=inventory numbers=9812 detail=\"reading 184 inventory pages instead of 9,812 single numbers, then 2 single numbers\"\n" +
				fmt.Sprintf(readIt, 9_812, 9_810, 184, 2),
		},
		"singles are the cheaper way": {
			[]plan.Reading{
				{Way: plan.ReadEach, Numbers: 2, Pages: 1, PagesInAll: 9, SinglesLeft: 2},
				{Way: plan.ReadEach, Numbers: 2, Found: 1, Pages: 1, PagesInAll: 9, Singles: 1, SinglesLeft: 1},
				{Way: plan.ReadEach, Numbers: 2, Found: 2, Pages: 1, PagesInAll: 9, Singles: 2},
			},
			"00:00:00 UTC INF reading current settings way=each numbers=2 detail=\"reading 2 single numbers instead of 8 more inventory pages\"\n" +
				fmt.Sprintf(readIt, 2, 2, 1, 2),
		},
		"another reading": {
			[]plan.Reading{{Way: plan.ReadEach, Numbers: 1, Found: 1, Singles: 1}, {Way: plan.ReadEach, Numbers: 1, Found: 1, Singles: 1}},
			strings.Repeat("00:00:00 UTC INF reading current settings way=each numbers=1 detail=\"reading 1 single number\"\n"+fmt.Sprintf(readIt, 1, 1, 0, 1), 2),
		},
		"the inventory makes trouble": {
			[]plan.Reading{
				{Way: plan.ReadEach, Numbers: 2, Found: 1, Singles: 1, SinglesLeft: 1, Trouble: "status 500\n\x1b[2J"},
				{Way: plan.ReadEach, Numbers: 2, Found: 1, Singles: 2, Trouble: "status 500\n\x1b[2J"},
			},
			"00:00:00 UTC WRN reading current settings way=each numbers=2 detail=\"reading 2 single numbers, because the inventory cannot be read to its end: status 500 �[2J\"\n" +
				fmt.Sprintf(readIt, 2, 1, 0, 2),
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out watchtest.Screen
				l := log.New(log.NewLogger(&out, log.Style{}, log.LevelInfo))
				for _, r := range test.readings {
					l.Listen(watchtest.Told(r))
				}
				if d := cmp.Diff(test.want, out.Raw()); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestOffATerminalAReadingHasItsLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := watchtest.Watch(watch.Options{Stderr: &out, Format: log.Console})
		watchtest.Read(w.Listen)
		w.Listen(watchtest.Made())
		time.Sleep(time.Hour) // someone is asked
		w.Listen(event.Started{At: time.Now(), Rows: 2, Workers: 4})
		w.Listen(watchtest.Update(1, result.Updated))
		w.Listen(watchtest.Update(2, result.Updated))
		w.Listen(event.Ended{At: time.Now()})
		lines := out.Lines(t)
		want := []string{
			`2000-01-01 00:00:00 UTC INF reading current settings way=inventory numbers=9812 detail="reading 184 inventory pages instead of 9,812 single numbers"`,
			`2000-01-01 00:00:30 UTC INF reading done=30 total=184 rate_per_minute=58 left=2m39s`,
		}
		if d := cmp.Diff(want, lines[:2]); d != "" {
			t.Error(d)
		}
		want = []string{
			`2000-01-01 00:03:05 UTC INF current settings read numbers=9812 found=9810 pages=184 singles=2`,
			`2000-01-01 00:03:05 UTC INF plan made rows=2 updates=2 planned=2 hash=0f3a5c7e9b1d`,
			`2000-01-01 01:03:05 UTC INF started rows=2 workers=4`,
			`2000-01-01 01:03:05 UTC INF progress done=2 total=2 updated=2 failed=0 rate_per_minute=0`,
			`2000-01-01 01:03:05 UTC INF finished`,
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

// When a plan of waves is done is told with the pauses between them, as the plan itself tells it.
func TestThePlansEndIsWithItsPauses(t *testing.T) {
	var out watchtest.Screen
	l := log.New(log.NewLogger(&out, log.Style{}, log.LevelInfo))
	at := time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC)
	l.Listen(event.PlanMade{Plan: &plan.Plan{
		Budget: plan.Budget{TakesMs: 1000, EndsAt: at}, RollbackWindow: &plan.RollbackWindow{EndsAt: at.Add(time.Hour)},
	}})
	if !strings.Contains(out.Raw(), "ends_at=2026-11-23T23:00:00Z") {
		t.Errorf("got %s", out.Raw())
	}
}
