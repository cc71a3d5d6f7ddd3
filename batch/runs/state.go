package runs

import (
	"context"
	"errors"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// State is how far a run has come.
type State string

const (
	// Finished to its end.
	Finished State = "finished"
	// Stopped before its end, in good order.
	Stopped State = "stopped"
	// Running is a run that some process holds.
	Running State = "running"
	// Crashed has no end, and nobody works on it any more.
	Crashed State = "crashed"
)

// Further states, which a look at the runs folder tells apart.
const (
	// OnlyPlanned is a plan that was made and not applied.
	OnlyPlanned State = "planned"
	// Refused sent nothing, because of its input, a guard, or an answer.
	Refused State = "refused"
	// Archived is packed into one file, see [Archive].
	Archived State = "archived"
	// Damaged cannot be read.
	Damaged State = "damaged"
)

// Over reports whether nobody will go on with a run.
func (s State) Over() bool { return s == Finished || s == OnlyPlanned || s == Refused }

// StateNow is how far the run has come, and whether a process works on it.
func (r *Run) StateNow() State {
	_, held := executor(r.In.Store, r.Stored.ID)
	return r.StateGiven(held)
}

// StateGiven is how far the run has come, given whether somebody works on it.
func (r *Run) StateGiven(held bool) State {
	switch {
	case held:
		return Running
	case r.EndedAt.IsZero():
		return Crashed
	case r.Stop.Reason.Class() == result.Refused && !r.Applied:
		return Refused
	case r.Stop.Early():
		return Stopped
	case r.Identity.DryRun && !r.Applied:
		return OnlyPlanned
	default:
		return Finished
	}
}

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
	if errors.Is(err, store.ErrForbidden) { // who may only read has the reports of its own host to itself
		return r, func() {}, true, nil
	}
	if err != nil {
		return nil, nil, false, err
	}
	now, err = r.In.Open(ctx, r.Stored.Name)
	if err != nil {
		lock.Release()
		return nil, nil, false, err
	}
	now.File, r.States = r.File, now.States // one of a million rows has no room for both
	if r.Stop.Early() && now.EndedAt.IsZero() {
		now.Stop = r.Stop // the store could not take it
	}
	return now, lock.Release, true, nil
}
