package plan

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
)

// A plan that lasts into another time of the day is done by the rates of both.
func TestAPlanIsDoneByTheClock(t *testing.T) {
	rate, err := client.ParseRate("08:00 10/m, 20:00 60/m")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 1, 10, 19, 0, 0, 0, time.Local)
	for _, c := range []struct {
		requests int
		takes    time.Duration
	}{{0, 0}, {600, time.Hour}, {660, time.Hour + time.Minute}, {600 + 12*3600, 13 * time.Hour}, {600 + 12*3600 + 10, 13*time.Hour + time.Minute}} {
		if takes, at := (pace{rate: rate}).after(from, c.requests); takes != c.takes || !at.Equal(from.Add(c.takes)) {
			t.Errorf("%d requests: %v, at %v, want %v", c.requests, takes, at, c.takes)
		}
	}
}
