package plan

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/client"
)

// A forecast goes by the rates of the times in which its rows are sent, and in which they would be rolled back.
func TestAForecastGoesByTheClock(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 1, day, hour, minute, 0, 0, time.Local) }
	waves := []Wave{{N: 1, Of: 2, Rows: 3, Upto: 3}, {N: 2, Of: 2, Rows: 3, Upto: 6}}
	for name, c := range map[string]struct {
		rate, hours    string
		now, deadline  time.Time
		waves          []Wave
		pause          time.Duration
		seen           time.Duration
		ends, noReturn time.Time
		allOfThem      time.Duration
	}{
		"fast until the hours begin": {
			rate: "19:00 50/s, 22:30 2/h", hours: "22:30-00:00", now: at(10, 19, 41), deadline: at(10, 23, 30),
			// a token and 6 rows, 3 requests a night; none of them can be rolled back before the deadline
			ends: at(12, 23, 0), noReturn: at(10, 23, 30), allOfThem: 7 * time.Hour,
		},
		"fast, and slow after a pause": {
			rate: "08:00 60/m, 20:00 2/h", now: at(10, 19, 59), deadline: at(11, 12, 0), waves: waves, pause: time.Minute,
			ends: at(10, 21, 30).Add(3 * time.Second), allOfThem: 7 * time.Hour,
		},
		"a rollback by a faster rate": {
			rate: "08:00 2/h, 20:00 60/m", now: at(10, 19, 0), deadline: at(10, 20, 1),
			ends: at(10, 20, 0).Add(5 * time.Second), allOfThem: 14 * time.Second,
		},
		"the API takes less": {
			rate: "08:00 2/h, 20:00 60/m", now: at(10, 19, 59), deadline: at(10, 23, 0), seen: time.Minute,
			ends: at(10, 20, 7), allOfThem: 14 * time.Minute,
		},
	} {
		rate, err := client.ParseRate(c.rate)
		if err != nil {
			t.Fatal(err)
		}
		var h hours.Hours
		if c.hours != "" {
			if h, err = hours.Parse(c.hours); err != nil {
				t.Fatal(err)
			}
		}
		f := Forecast{
			Now: c.now, Deadline: c.deadline, Rate: rate, Every: c.seen, Left: 6, Hours: h,
			Overhead: &Overhead{Waves: c.waves, Pause: c.pause, Recheck: 24 * 365 * time.Hour},
		}
		w := f.Window()
		if !w.EndsAt.Equal(c.ends) || w.FullRollbackMs != c.allOfThem.Milliseconds() || w.RollbackMs != 0 ||
			!w.NoReturnAt.Equal(c.noReturn) || w.NoReturnRows != 0 {
			t.Errorf("%s: %+v", name, w)
		}
	}
}

// The last moment for a rollback is the last one from which it ends in time, also where the rate changes meanwhile.
func TestTheLastMomentOfARollbackByTheClock(t *testing.T) {
	rate, err := client.ParseRate("08:00 60/m, 20:00 2/h")
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 1, 10, 0, 0, 0, 0, time.Local)
	for _, c := range []struct{ deadline, want time.Duration }{ // of 10 rows: 22 requests
		{19 * time.Hour, 19*time.Hour - 22*time.Second},
		{21 * time.Hour, 20*time.Hour - 20*time.Second}, // two of them after the change
		{8*time.Hour + 12*time.Second, 3 * time.Hour},   // 10 of them before it
	} {
		f := Forecast{Deadline: day.Add(c.deadline), Rate: rate}
		if got := f.NoReturn(10); !got.Equal(day.Add(c.want)) {
			t.Errorf("by %s: %s, want %s", f.Deadline, got, day.Add(c.want))
		}
	}
}
