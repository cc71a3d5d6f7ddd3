package words_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/words"
)

func TestNumbersAndDurations(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1_234_567: "1,234,567", -1: "-1", -1000: "-1,000", -100_000: "-100,000"} {
		reporttest.Diff(t, words.Count(n), want)
	}
	for d, want := range map[time.Duration]string{
		0:                              "0.0 s",
		400 * time.Millisecond:         "0.4 s",
		9_900 * time.Millisecond:       "9.9 s",
		9_990 * time.Millisecond:       "10 s",
		42_400 * time.Millisecond:      "42 s",
		59_600 * time.Millisecond:      "1 m 0 s",
		192 * time.Second:              "3 m 12 s",
		3599*time.Second + 600_000_000: "1 h 0 m",
		3*time.Hour + 34*time.Minute:   "3 h 34 m",
		51 * time.Hour:                 "2 d 3 h",
		24*time.Hour - time.Second:     "1 d 0 h",
	} {
		reporttest.Diff(t, words.Duration(d), want)
	}
}

// What sending every row would take is told where it is more, and only there.
func TestEveryRow(t *testing.T) {
	read := &plan.Plan{Reading: plan.Reading{Way: plan.ReadEach}}
	for _, c := range []struct {
		made           *plan.Plan
		takesMs, every int64
		want           string
	}{
		{read, 1_000, 60_000, "sending every row would take 1 m 0 s"},
		{read, 60_000, 60_000, ""},
		{read, 218_000, 60_000, ""},
		{&plan.Plan{Reading: plan.Reading{Way: plan.ReadNone}}, 1_000, 60_000, ""},
	} {
		if got := words.EveryRow(c.made, c.takesMs, c.every); got != c.want {
			t.Errorf("%d of %d ms: %q, want %q", c.takesMs, c.every, got, c.want)
		}
	}
}
