package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
)

// prepare makes the run's folder, which is this process's own until the end of
// the execution, with the input's copy and the journal.
func prepare(ctx context.Context, cfg Config, dryRun bool) (_ *engine, err error) {
	if cfg.Control == nil {
		cfg.Control = NewControl()
	}
	name := cfg.RunName
	if name == "" {
		name = rundir.Name(time.Now(), cfg.Job)
	}
	dir, err := rundir.Create(cfg.RunsDir, name, cfg.RunName == "")
	if err != nil {
		return nil, &FolderError{Name: name, Err: err}
	}
	if err := cfg.take(ctx, dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			dir.Unlock()
		}
	}()
	copying, done := cfg.Control.until(ctx)
	defer done(nil)
	in, err := dir.CopyInput(copying, cfg.Source, func(path string) string {
		kind, _ := input.Sniff(path) // what is wrong with it, input.Check tells
		return "input" + kind.Ext()
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", cfg.SourceName, err), dir.Discard())
	}
	if err := writeLeft(dir, cfg.Left); err != nil {
		return nil, err
	}
	requests, err := dir.AppendLog(rundir.RequestsFile)
	if err != nil {
		return nil, err
	}
	journal, err := dir.CreateJournal()
	if err != nil {
		return nil, errors.Join(err, requests.Close())
	}
	e := newEngine(cfg, dir, journal, requests)
	e.me = e.identity(in, dryRun)
	return e, journal.Append(record{Kind: kindRun, At: time.Now(), Run: e.me})
}

// newEngine returns an execution in a folder.
func newEngine(cfg Config, dir *rundir.Dir, journal *rundir.Journal, requests *rundir.Log) *engine {
	if cfg.Control == nil {
		cfg.Control = NewControl()
	}
	return &engine{
		cfg: cfg, dir: dir, journal: journal, requests: requests,
		tolerance: tolerance{limit: cfg.MaxFailures},
		task:      planned,
		progress:  newProgress(nil),
	}
}

// planned is what is to be done for a row of a run that begins.
func planned(p PlanRow) task {
	if p.sent() {
		return toSend
	}
	return nothing
}

// identity is the journal's first record.
func (e *engine) identity(in rundir.Input, dryRun bool) *Identity {
	return &Identity{
		Format:      formatVersion,
		Name:        e.dir.Base(),
		Job:         e.cfg.Job,
		Source:      e.cfg.SourceName,
		Input:       in,
		Options:     e.cfg.Input,
		Account:     e.cfg.Account,
		API:         e.cfg.API,
		Sandbox:     e.cfg.Sandbox,
		DryRun:      dryRun,
		All:         e.cfg.All,
		Fields:      e.cfg.Fields,
		Hidden:      e.cfg.Hidden,
		SkipInvalid: e.cfg.SkipInvalid,
		Rate:        e.cfg.Rate.String(),
		Workers:     e.cfg.Workers,
		MaxFailures: e.cfg.MaxFailures.String(),
		Version:     e.cfg.Version,
		Host:        e.cfg.Host,
		User:        e.cfg.User,
		PID:         os.Getpid(),
		Waves:       e.cfg.Waves.String(),
		MaxWave:     e.cfg.Waves.Max,
		Cautions:    e.cfg.Cautions.asked(),
		Manner:      e.cfg.Manner,
		RollbackOf:  e.cfg.RollbackOf,
		LeftAlone:   len(e.cfg.Left),
		Release:     e.cfg.Release,
		Guards:      e.cfg.Guards,
		Approved:    e.cfg.Approved,
		CheckRoutes: e.cfg.CheckRoutes,
		Behalf:      e.cfg.Behalf,
	}
}
