package send_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/send/fence"
	"github.com/bulknum/bulknum/client"
)

func TestARequestLeavesSoonAfterItsRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d fence.Departure
		var takes time.Duration
		var intents, renewals int
		intend := func() error { intents++; time.Sleep(takes); return nil }
		renew := func() error { renewals++; time.Sleep(takes); return nil }
		ready := func(intended bool, commit time.Duration) (time.Duration, bool) {
			takes = commit
			leaves, err := d.Ready(intended, intend, renew)
			return time.Until(leaves), errors.Is(err, client.ErrAgain)
		}
		if left, again := ready(false, 100*time.Millisecond); left != 4900*time.Millisecond || again {
			t.Errorf("after a quick commit: %v, %v", left, again)
		}
		time.Sleep(time.Minute) // the answer, and a pause
		if left, again := ready(true, 0); left != 5*time.Second || again || renewals != 1 {
			t.Errorf("a second attempt: %v, %v, renewed %d times", left, again, renewals)
		}
		if left, again := ready(true, 0); left != 5*time.Second || again || renewals != 1 {
			t.Errorf("at once: %v, %v, renewed %d times", left, again, renewals)
		}
		time.Sleep(time.Minute)
		if _, again := ready(true, 2*time.Second); !again {
			t.Error("it keeps its turn after a slow commit")
		}
		time.Sleep(10 * time.Second)
		if left, again := ready(true, 2*time.Second); left != 3*time.Second || again || intents != 1 || renewals != 3 {
			t.Errorf("the second time: %v, %v, %d, %d", left, again, intents, renewals)
		}
	})
}

// Where nobody else can have the account, a request leaves at any time, but for its turn.
func TestWithoutAFenceNothingIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d fence.Departure
		if _, err := d.Ready(false, func() error { time.Sleep(3 * time.Second); return nil }, nil); !errors.Is(err, client.ErrAgain) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Hour)
		if leaves, err := d.Ready(true, nil, nil); err != nil || !leaves.IsZero() {
			t.Errorf("%v, %v", leaves, err)
		}
	})
}
