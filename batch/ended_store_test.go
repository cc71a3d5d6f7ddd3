package batch_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
)

// ending is a store that is away from the beginning, until it is found out, by nobody who records something of the run, that
// it takes nothing any more.
type ending struct {
	store.Store
	after time.Duration
}

func (e ending) Watch(hear func(store.Away)) (stop func()) {
	is := store.Away{Since: time.Now(), Why: "it is away"}
	hear(is)
	is.Ended = errors.New("it was away for too long")
	found := time.AfterFunc(e.after, func() { hear(is) })
	return func() { found.Stop() }
}

// A run that is held for its store, and has nothing to record, ends when the store does.
func TestARunEndsWithItsStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		const after = 10 * time.Second
		b.config.Store = ending{b.config.Store, after}
		began := time.Now()
		run, err := b.applyOnly()
		if err != nil || run.Stop.Reason != result.StoppedByDisk || !strings.Contains(run.Stop.Detail, "away for too long") {
			t.Fatalf("%+v, %v", run, err)
		}
		if took := time.Since(began); took < after || took > after+time.Minute {
			t.Errorf("it took %s", took)
		}
		if n := b.fake.Stats().Updates; n != 0 {
			t.Errorf("%d updates", n)
		}
	})
}
