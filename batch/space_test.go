package batch_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
)

// nearlyFull is a store on a disk that has 10 MB free.
type nearlyFull struct{ store.Store }

func (nearlyFull) FreeSpace() (int64, bool) { return 10 << 20, true }

// A run does not begin where the disk may be full before its end; a person may
// know better.
func TestANearlyFullDiskIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(2)))
		b.config.Store = nearlyFull{b.config.Store}
		_, _, err := b.apply()
		refused, ok := errors.AsType[*guard.RefusedError](err)
		if !ok || len(refused.Refusals) != 1 || refused.Refusals[0].Guard != guard.FreeSpace ||
			!strings.Contains(refused.Refusals[0].Measured, "has 10 MB free, and twice what the run may need is 64 MB") || refused.Refusals[0].Guard != guard.FreeSpace {
			t.Fatalf("got %v", err)
		}
		b.again(rows(2))
		b.config.IgnoreFreeSpace = true
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
	})
}
