package plan_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
)

func TestDurations(t *testing.T) {
	for d, want := range map[time.Duration]struct{ option, age string }{
		0:                                {"0s", "0s"},
		1500 * time.Millisecond:          {"1.5s", "2s"},
		5 * time.Minute:                  {"5m", "5m"},
		90 * time.Minute:                 {"1h30m", "1h30m"},
		4*time.Hour + 29*time.Second:     {"4h0m29s", "4h1m"},
		24 * time.Hour:                   {"1d", "1d"},
		25*time.Hour + 10*time.Minute:    {"25h10m", "25h10m"},
		168 * time.Hour:                  {"7d", "7d"},
		195*time.Hour + 12*time.Minute:   {"195h12m", "8d 4h"},
		191*time.Hour + 40*time.Minute:   {"191h40m", "8d"},
		60*24*time.Hour + 20*time.Second: {"1440h0m20s", "60d 1h"},
	} {
		if option, age := plan.Duration(d), plan.Age(d); option != want.option || age != want.age {
			t.Errorf("%s: got %q and %q, want %+v", d, option, age, want)
		}
	}
}
