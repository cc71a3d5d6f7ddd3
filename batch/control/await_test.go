package control_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/client"
)

// A store that is away holds the run: it is shown with its reason, counted by it, and no pause of anybody.
func TestAStoreThatIsAwayIsShownAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := control.New()
		away := event.Held{Name: "store", Reason: event.WaitStore, Since: time.Now(), Why: "the store cannot be reached"}
		c.Await(away)
		time.Sleep(time.Minute) // of synctest: takes no real time
		s := c.Status(time.Now())
		if s.Phase != control.PhaseHeld || s.Why != away.Why || len(s.Ways) != 0 || s.Wait.Reason != event.WaitStore || !c.Holding() {
			t.Errorf("%s, %s, %v, %+v", s.Phase, s.Why, s.Ways, s.Wait)
		}
		away.Over = true
		c.Await(away)
		time.Sleep(time.Minute) // of synctest: takes no real time
		s = c.Status(time.Now())
		if s.Waited[event.WaitStore] != time.Minute || s.Waited[client.WaitHold] != 0 || c.Holding() {
			t.Errorf("waited %v", s.Waited)
		}
	})
}
