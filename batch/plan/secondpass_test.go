package plan_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
)

// What a second pass may add is what may fail without a stop of the run.
func TestSecondPassOf(t *testing.T) {
	share, rows := plan.Limit{Share: 0.1}, plan.Limit{Rows: 1}
	for _, c := range []struct {
		pause         time.Duration
		updates, rows int
		failures      plan.Limit
		want          string
	}{
		{5 * time.Minute, 900, 1000, share, "a second pass of failed rows may add 5m and up to 100 updates"},
		{5 * time.Minute, 60, 1000, share, "a second pass of failed rows may add 5m and up to 60 updates"},
		{5 * time.Minute, 19, 19, share, "a second pass of failed rows may add 5m and up to 19 updates"}, // a share is not judged yet
		{90 * time.Second, 900, 1000, rows, "a second pass of failed rows may add 1m30s and 1 update"},
		{5 * time.Minute, 900, 1000, plan.Limit{}, ""},
		{5 * time.Minute, 0, 1000, share, ""},
		{0, 900, 1000, share, ""},
	} {
		got := ""
		if pass := plan.SecondPassOf(c.pause, c.updates, c.rows, c.failures); pass != nil {
			got = pass.String()
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
