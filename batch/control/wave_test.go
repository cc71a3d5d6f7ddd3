package control_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
)

// Two operators approve at the same time, each what was shown to them: what the second one has not
// seen is not approved.
func TestNextIsOfWhatWasShown(t *testing.T) {
	type approval struct {
		after   time.Duration
		by      string
		wave    int
		refusal string // what it says; "": it is none
	}
	for name, c := range map[string][]approval{ // each approval is one of whichever of the waves 2, 3 and 3 again is held
		"each by its number":         {{0, "alice", 2, ""}, {0, "bob", 3, ""}},
		"both without a number":      {{time.Minute, "alice", 0, ""}, {time.Second, "bob", 0, "new since 00:01:00 UTC: wave 3 is held: why"}},
		"one says it twice":          {{time.Minute, "alice", 0, ""}, {time.Second, "alice", 0, "new since 00:01:00 UTC: wave 3 is held"}},
		"the second one looks later": {{time.Minute, "alice", 0, ""}, {time.Minute, "bob", 0, "wave 2 was approved by alice at 00:01:00 UTC; now wave 3 is held"}},
		"one goes on":                {{time.Minute, "alice", 0, ""}, {time.Minute, "alice", 0, ""}},
		"too soon to have been seen": {{time.Second, "alice", 0, "new since 00:00:00 UTC: wave 2 is held: why"}},
		"both by number":             {{0, "alice", 2, ""}, {time.Second, "bob", 2, "wave 2 was approved by alice at 00:00:00 UTC; wave 3 is held: why"}},
		"another wave":               {{0, "alice", 3, "wave 3 is not held; wave 2 is held: why"}},
		"a wave that is held again":  {{0, "alice", 2, ""}, {0, "alice", 3, ""}, {time.Second, "bob", 3, "wave 3 was approved by alice at 00:00:00 UTC, and is held again since: why"}},
		"held again, and looked at":  {{0, "alice", 2, ""}, {0, "alice", 3, ""}, {5 * time.Second, "bob", 3, ""}},
		"nothing is held any more":   {{0, "alice", 2, ""}, {0, "alice", 3, ""}, {time.Minute, "alice", 3, ""}, {0, "bob", 3, "no wave is held: wave 3 was approved by alice at 00:01:00 UTC"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run, ctx := control.New(), t.Context()
				go func() {
					for _, wave := range []int{2, 3, 3} {
						_, release := holdAgain(ctx, run, wave)
						release()
					}
				}()
				synctest.Wait()
				for _, a := range c {
					time.Sleep(a.after) // of synctest: takes no real time
					err := run.Next(a.by, a.wave)
					if (err == nil) != (a.refusal == "") || err != nil && !strings.Contains(err.Error(), a.refusal) {
						t.Errorf("%s, wave %d: %v", a.by, a.wave, err)
					}
					held := run.Status(time.Now()).HeldWave
					if refused, ok := errors.AsType[*control.RefusedError](err); ok && refused.Way != (control.Way{Do: event.CommandNext, Wave: held}) {
						t.Errorf("wave %d is held, and the way on is %+v", held, refused.Way)
					} else if !ok && held > 0 && err != nil {
						t.Errorf("no way on is told: %v", err)
					}
					synctest.Wait()
				}
				run.Stop(result.Stop{Reason: result.StoppedByOperator})
			})
		})
	}
}

// holdAgain holds a wave until it is approved, or the run is stopped.
func holdAgain(ctx context.Context, run *control.Control, wave int) (context.Context, func()) {
	ctx, stop := run.Until(ctx)
	held, release := run.AskWave(ctx, wave, "why")
	<-held.Done()
	return held, func() {
		release()
		stop(nil)
	}
}

// Who was asked on the terminal has answered just that question, however soon.
func TestAnAnswerIsOfItsQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := control.New()
		for range 2 {
			asking, release := run.AskWave(t.Context(), 2, "somebody is asked")
			if err := run.Agree("who was asked"); err != nil {
				t.Error(err)
			}
			<-asking.Done()
			release()
		}
	})
}
