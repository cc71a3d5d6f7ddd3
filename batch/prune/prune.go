// Package prune is the removal of old runs: which of them can go, and the archive into
// which they are packed and from which they can be restored.
package prune

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// Config says which runs are old.
type Config struct {
	runs.Folder
	// Job and Account limit it to one job, and to one account. Optional.
	Job     string
	Account store.AccountID
	// Keep keeps what began less than so long ago.
	Keep time.Duration
	// KeepLast keeps so many of the newest runs of each job.
	KeepLast int
	// only is the one run that may go; 0: each that is old.
	only store.RunID
}

// jobOf is a job of an account; the runs without one count as one.
type jobOf struct {
	name    string
	account store.AccountID
}

// Plan is what is to be done about old runs, the newest first.
type Plan struct {
	// Old are those that can go. The last ones go first: a run before what took it back.
	Old []runs.Info
	// Kept are as old, but are kept.
	Kept []Kept
}

// Kept is an old run that is kept, and why.
type Kept struct {
	runs.Info
	Reasons []string
}

// Find finds the old runs and keeps, among them, those that are not over,
// and those that later runs still need: the newest run that tells what the API
// does not show, and the one that the guards compare the next one with.
//
// A run that is damaged is kept, and so are all of its account: nobody knows what
// it needs. It stands in the way of no other account's.
func Find(ctx context.Context, cfg Config) (*Plan, error) {
	all, err := cfg.Store.Runs(ctx, store.RunFilter{})
	nobodys := runs.Damages(err) // of which it is not known whose they are
	if err != nil && len(nobodys) == 0 {
		return nil, err
	}
	var old []store.Run
	refs := references{goes: map[store.RunID]bool{}, damage: map[store.AccountID]error{}, why: reasons{}}
	newer := map[jobOf]int{}
	for _, is := range all {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		of := jobOf{is.Job, is.Account.ID}
		if newer[of]++; cfg.old(is, newer[of]) {
			old, refs.goes[is.ID] = append(old, is), true
		}
		if len(nobodys) > 0 {
			refs.damage[is.Account.ID] = nobodys[0]
		}
		run, unread := cfg.LoadSteps(ctx, is)
		if err := refs.damaged(is.Account.ID, unread); err != nil {
			return nil, err
		}
		if run != nil {
			refs.runs = append(refs.runs, run)
		}
	}
	if len(old) == 0 {
		return &Plan{}, nil
	}
	if err := refs.find(ctx, cfg.Folder); err != nil {
		return nil, err
	}
	p := &Plan{}
	for _, is := range old {
		run, err := cfg.Look(ctx, is)
		if err != nil {
			return nil, err
		}
		p.add(run, refs.why[is.ID])
	}
	return p, nil
}

// old reports whether a run may go, if nothing needs it: newer is how many there
// are of its job up to it.
func (cfg Config) old(is store.Run, newer int) bool {
	return (cfg.only == 0 || is.ID == cfg.only) && (cfg.Job == "" || is.Job == cfg.Job) &&
		(cfg.Account == 0 || is.Account.ID == cfg.Account) &&
		newer > cfg.KeepLast && time.Since(is.StartedAt) >= cfg.Keep
}

// add adds an old run, which is needed for some reasons.
func (p *Plan) add(run runs.Info, reasons []string) {
	if !run.State.Over() {
		reasons = append([]string{"it is " + string(run.State)}, reasons...)
	}
	if len(reasons) > 0 {
		p.Kept = append(p.Kept, Kept{Info: run, Reasons: reasons})
	} else {
		p.Old = append(p.Old, run)
	}
}

// FindOne says whether one run can go.
func FindOne(ctx context.Context, in runs.Folder, name string) (*Plan, error) {
	run, err := in.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	return Find(ctx, Config{Folder: in, only: run.Stored.ID})
}

// Archive packs a run's folder, with what the store has of it, into one file
// beside it, which it returns, and removes the run. See [Restore].
func Archive(ctx context.Context, f runs.Folder, run runs.Info) (path string, err error) {
	err = whileOver(ctx, f, run, func(r *runs.Run) error {
		path, err = archive(ctx, r)
		return errors.Join(err, ctx.Err())
	})
	return path, err
}

// Remove removes a run, with its folder.
func Remove(ctx context.Context, f runs.Folder, run runs.Info) error {
	return whileOver(ctx, f, run, func(*runs.Run) error { return nil })
}

// whileOver does something with a run and removes it, while nobody else can work
// on it, and only if nobody has gone on with it meanwhile.
func whileOver(ctx context.Context, f runs.Folder, run runs.Info, do func(*runs.Run) error) error {
	lock, err := f.Store.LockRun(ctx, run.ID, store.Myself(run.Folder, "bulknum runs prune"), 0)
	if err != nil {
		return err
	}
	defer lock.Release()
	now, err := f.Open(ctx, run.Name)
	if err != nil {
		return err
	}
	if state := now.StateGiven(false); !state.Over() || !now.EndedAt.Equal(run.EndedAt) {
		return fmt.Errorf("%s is kept: somebody has resumed it, and it is %s", run.Folder, state)
	}
	if err := errors.Join(nobodyTakesBack(ctx, f, now), originIsGone(ctx, f, now)); err != nil {
		return err
	}
	if err := do(now); err != nil {
		return err
	}
	if err := f.Store.Delete(ctx, run.ID); err != nil {
		return err
	}
	return now.Dir().Remove()
}

// originIsGone refuses a rollback as long as what it rolled back is there.
func originIsGone(ctx context.Context, f runs.Folder, rollback *runs.Run) error {
	if rollback.Stored.RollbackOf == 0 {
		return nil
	}
	origin, err := f.Store.Run(ctx, rollback.Identity.RollbackOf)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && origin.ID != rollback.Stored.RollbackOf:
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%s is kept: run %s, which it rolled back, is there", rollback.Folder(), origin.Name)
}

// nobodyTakesBack refuses a run of which a rollback has begun meanwhile.
func nobodyTakesBack(ctx context.Context, f runs.Folder, origin *runs.Run) error {
	rollbacks, err := f.Store.Runs(ctx, store.RunFilter{RollbackOf: origin.Stored.ID})
	if err != nil {
		return err
	}
	for _, is := range rollbacks {
		run, err := f.LoadSteps(ctx, is)
		if err != nil {
			return err
		}
		if state := run.StateNow(); !state.Over() {
			return fmt.Errorf("%s is kept: run %s, which rolls it back, is %s", origin.Folder(), is.Name, state)
		}
	}
	return nil
}
