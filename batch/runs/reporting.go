package runs

import (
	"context"
	"errors"
	"time"

	"github.com/bulknum/bulknum/batch/store"
)

// reportWait is how long whoever writes a run's reports waits for another who
// does.
const reportWait = 30 * time.Second

// reporting is what those say who hold a run only to write its reports.
const reporting = "bulknum report"

// executor is who carries a run out, or works on it otherwise, if anybody does: not
// who only writes its reports.
func executor(of store.Store, run store.RunID) (store.Holder, bool) {
	holder, held := of.Holder(run)
	return holder, held && holder.Command != reporting
}

// Hold takes the run for its reports to be written, and returns it as it is now,
// so that none is written over a newer one. While an execution has the run, which
// will write them at its end, ours is false. Let it go with done.
func (r *Run) Hold(ctx context.Context) (now *Run, done func(), ours bool, err error) {
	if _, goesOn := executor(r.In.Store, r.Stored.ID); goesOn {
		return r, func() {}, false, nil
	}
	lock, err := r.In.Store.LockRun(ctx, r.Stored.ID, store.Myself(r.Folder(), reporting), reportWait)
	if _, locked := errors.AsType[*store.LockedError](err); locked {
		return r, func() {}, false, nil
	}
	if err != nil {
		return nil, nil, false, err
	}
	now, err = r.In.Open(ctx, r.Stored.Name)
	if err != nil {
		lock.Release()
		return nil, nil, false, err
	}
	now.File, now.Retention = r.File, r.Retention
	if r.Stop.Early() && now.EndedAt.IsZero() {
		now.Stop = r.Stop // the store could not take it
	}
	return now, lock.Release, true, nil
}
