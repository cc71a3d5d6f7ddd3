package postgres

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// From the moment when a command is to end, that is known to whoever waits for a server: none hurries a second time.
func TestWhoIsToEndKnowsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ending, end := context.WithCancel(t.Context())
		p := newPatience(ending, time.Hour)
		if p.hurries() == nil {
			t.Error("it is to end")
		}
		end()
		now := time.Now()
		if p.hurries() != nil { // a channel that is closed: a loop that waits by it does not wait
			t.Error("it is not to end")
		}
		time.Sleep(time.Minute) // of synctest: takes no real time
		if got, want := p.lasts(now.Add(-time.Minute), now), now.Add(drain); !got.Equal(want) {
			t.Errorf("until %s, want %s", got, want)
		}
	})
}
