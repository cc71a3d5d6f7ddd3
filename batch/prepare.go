package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/safefile"
)

// prepare enters a run, which is this process's own until the end of the
// execution, and makes its folder with the input's copy.
func prepare(ctx context.Context, cfg Config, dryRun bool) (_ *execution, err error) {
	if cfg.Control == nil {
		cfg.Control = control.New()
	}
	account, err := cfg.Store.Account(ctx, cfg.API, cfg.Account)
	if err != nil {
		return nil, err
	}
	dir, err := cfg.makeFolder(ctx)
	if err != nil {
		return nil, err
	}
	copying, done := cfg.Control.Until(ctx)
	defer done(nil)
	in, err := dir.CopyInput(copying, cfg.Source, func(path string) string {
		kind, _ := input.Sniff(path) // what is wrong with it, input.Check tells
		return "input" + kind.Ext()
	})
	if err != nil {
		err = fmt.Errorf("%s: %w", cfg.SourceName, err)
		if path, ok := errors.AsType[*fs.PathError](err); ok && filepath.Dir(path.Path) == dir.Path() {
			err = &folder.Error{Name: dir.Base(), Err: err} // such as a full disk
		}
		return nil, errors.Join(err, dir.Remove())
	}
	if cfg.IncludeFailed {
		if in, err = includeFailed(copying, &cfg, dir, account, in); err != nil {
			return nil, errors.Join(err, dir.Remove())
		}
	}
	for {
		run := &runs.Run{Identity: cfg.identity(dir.Base(), store.Input(in), dryRun), In: cfg.runs()}
		lock, err := cfg.enter(ctx, run, account, dir)
		switch {
		case err == nil:
			return newExecution(cfg, run, lock), nil
		case !errors.Is(err, store.ErrExists):
			return nil, errors.Join(err, dir.Remove())
		case cfg.RunName != "":
			return nil, &folder.Error{Name: dir.Base(), Err: &fs.PathError{Op: "mkdir", Path: dir.Path(), Err: fs.ErrExist}}
		}
		if dir, err = cfg.renamed(ctx, dir, in); err != nil {
			return nil, err
		}
	}
}

// renamed is another folder for a run whose name somebody else took meanwhile: a command on another host, which has its
// folder there, or one here that was quicker, and has this folder. So it stays, unless the other host is known to be another.
func (cfg Config) renamed(ctx context.Context, dir *folder.Folder, in folder.Copied) (*folder.Folder, error) {
	next, err := cfg.makeFolder(ctx)
	if err != nil {
		return nil, err
	}
	source, err := safefile.Open(dir.File(in.File))
	if err != nil {
		return nil, errors.Join(err, next.Remove())
	}
	defer source.Close()
	copied, err := next.CopyInput(ctx, source, func(string) string { return in.File })
	if err == nil && copied != in {
		err = fmt.Errorf("%s was replaced meanwhile", dir.File(in.File))
	}
	if err != nil {
		return nil, errors.Join(err, next.Remove())
	}
	if theirs, err := cfg.runs().Open(ctx, dir.Base()); err == nil && theirs.Identity.Host != cfg.Host {
		return next, dir.Remove()
	}
	return next, nil
}

// makeFolder makes the folder of a new run, whose name neither a folder nor a run
// of the store has.
func (cfg Config) makeFolder(ctx context.Context) (*folder.Folder, error) {
	first, unique := cfg.RunName, cfg.RunName == ""
	if unique {
		first = folder.Name(time.Now(), folder.Title(cfg.Job, cfg.RollbackOf != ""))
	}
	name := first
	for n := 2; ; n++ {
		_, err := cfg.Store.Run(ctx, name)
		if err == nil {
			err = fs.ErrExist
		}
		if errors.Is(err, store.ErrNotFound) {
			var dir *folder.Folder
			if dir, err = folder.Create(cfg.RunsDir, name); err == nil {
				return dir, nil
			}
			if left := folder.At(cfg.RunsDir, name); errors.Is(err, fs.ErrExist) && left.OnlyInput() {
				return left, nil // of a run that was cut off before it was entered
			}
		}
		if !unique || !errors.Is(err, fs.ErrExist) {
			if errors.Is(err, fs.ErrExist) {
				err = &fs.PathError{Op: "mkdir", Path: folder.At(cfg.RunsDir, name).Path(), Err: fs.ErrExist}
			}
			return nil, &folder.Error{Name: name, Err: err}
		}
		name = fmt.Sprintf("%s-%d", first, n)
	}
}

// enter enters a run into the store, and takes it.
func (cfg Config) enter(
	ctx context.Context, run *runs.Run, account store.Account, dir *folder.Folder,
) (lock store.Lock, err error) {
	me := run.Identity
	identity, err := json.Marshal(me)
	if err != nil {
		return nil, err
	}
	copied, err := safefile.Open(dir.File(me.Input.File))
	if err != nil {
		return nil, err
	}
	defer copied.Close()
	entry := store.NewRun{
		Name: me.Name, Job: me.Job, Account: account.ID, StartedAt: time.Now(),
		DryRun: me.DryRun, Cutover: me.IsCutover(), Identity: identity, Input: me.Input, Source: copied,
	}
	if me.RollbackOf != "" {
		origin, err := cfg.Store.Run(ctx, me.RollbackOf)
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", me.RollbackOf, err)
		}
		entry.RollbackOf = origin.ID
	}
	if run.Stored, err = cfg.Store.NewRun(ctx, entry); err != nil {
		return nil, err
	}
	run.StartedAt = run.Stored.StartedAt
	if lock, err = cfg.take(ctx, run.Stored); err == nil {
		if err = cfg.recordSkipped(run.Stored.ID); err != nil {
			lock.Release()
		}
	}
	if err != nil {
		return nil, errors.Join(err, cfg.Store.Delete(context.WithoutCancel(ctx), run.Stored.ID))
	}
	return lock, nil
}

// recordSkipped records the rows of another run that this one leaves as they are.
func (cfg Config) recordSkipped(run store.RunID) error {
	var records []store.Record
	for _, l := range cfg.Skipped {
		doc, err := json.Marshal(l)
		if err != nil {
			return err
		}
		records = append(records, &store.Skipped{Line: l.Line, Number: l.Number, Doc: doc})
	}
	if len(records) == 0 {
		return nil
	}
	return (&runs.Recorder{Store: cfg.Store, Run: run}).Record(records...)
}

// identity is what run the configuration makes.
func (cfg Config) identity(name string, in store.Input, dryRun bool) runs.Identity {
	return runs.Identity{
		Name:        name,
		Job:         cfg.Job,
		JobNamed:    cfg.JobNamed,
		Source:      cfg.SourceName,
		Input:       in,
		Options:     cfg.Input,
		Account:     cfg.Account,
		API:         cfg.API,
		Sandbox:     cfg.Sandbox,
		DryRun:      dryRun,
		PlanOptions: cfg.PlanOptions,
		Rate:        cfg.Rate.String(),
		Workers:     cfg.Workers,
		MaxFailures: cfg.MaxFailures,
		Version:     cfg.Version,
		Host:        cfg.Host,
		User:        cfg.User,
		PID:         os.Getpid(),
		Saved:       cfg.Saved,
		RollbackOf:  cfg.RollbackOf,
		Skipped:     len(cfg.Skipped),
		Included:    cfg.included,
		Behalf:      cfg.Behalf,
	}
}
