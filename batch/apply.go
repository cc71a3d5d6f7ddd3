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

// ErrDeclined is the reason of a run that nobody agreed to.
var ErrDeclined = errors.New("declined; nothing was sent")

// InvalidError refuses an input that has invalid rows: nothing was sent.
type InvalidError struct {
	Counts input.Counts
}

// Error counts the invalid rows; each of them was told as a [ProblemFound].
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%d of %d rows are invalid; nothing was sent", e.Counts.Invalid, e.Counts.Rows)
}

// Apply is one run, from the input to the last answer. The returned run is the
// folder as it is afterwards; it is nil only when no folder could be made. How
// the run ended is in [Run.Stop]; an error means that nothing was sent, and
// why: an [input.FileError], an [InvalidError], [ErrDeclined] (possibly
// wrapped), or trouble with the folder.
func Apply(ctx context.Context, cfg Config) (*Run, error) {
	if cfg.Control == nil {
		cfg.Control = NewControl()
	}
	e, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	ctx, stopped := e.obey(ctx)
	defer stopped()

	stop, err := e.run(ctx)
	switch {
	case stop.Early():
		err = nil
	case err != nil:
		stop = refusal(err)
	}
	closed := e.close(stop)
	run, opened := Open(e.dir.Path())
	if opened == nil {
		run.Stop = stop // also when the journal could not take it
		run.file = e.file
	}
	return run, errors.Join(err, closed, opened)
}

// prepare makes the run's folder with the input's copy and the journal.
func prepare(cfg Config) (*engine, error) {
	name := cfg.RunName
	if name == "" {
		name = rundir.Name(time.Now(), cfg.Job)
	}
	dir, err := rundir.Create(cfg.RunsDir, name, cfg.RunName == "")
	if err != nil {
		return nil, err
	}
	in, err := dir.CopyInput(cfg.Source, func(path string) string {
		kind, _ := input.Sniff(path) // what is wrong with it, input.Check tells
		return "input" + kind.Ext()
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.SourceName, err)
	}
	requests, err := dir.AppendLog(rundir.RequestsFile)
	if err != nil {
		return nil, err
	}
	journal, err := dir.CreateJournal()
	if err != nil {
		return nil, errors.Join(err, requests.Close())
	}
	e := &engine{
		cfg:       cfg,
		dir:       dir,
		input:     dir.File(in.File),
		journal:   journal,
		requests:  requests,
		tolerance: tolerance{limit: cfg.MaxFailures},
	}
	return e, journal.Append(record{Kind: kindRun, At: time.Now(), Run: e.identity(in)})
}

// identity is the journal's first record.
func (e *engine) identity(in rundir.Input) *Identity {
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
		SkipInvalid: e.cfg.SkipInvalid,
		Rate:        e.cfg.Rate.String(),
		Workers:     e.cfg.Workers,
		MaxFailures: e.cfg.MaxFailures.String(),
		Version:     e.cfg.Version,
		Host:        e.cfg.Host,
		User:        e.cfg.User,
		PID:         os.Getpid(),
	}
}

// obey ends the returned context when the control, or the engine, asks the run
// to stop.
func (e *engine) obey(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, e.stop = context.WithCancelCause(ctx)
	go func() {
		select {
		case <-e.cfg.Control.stopped:
			e.stop(e.cfg.Control.stop)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { e.stop(nil) }
}

// run checks, asks and sends. An error means that nothing was sent.
func (e *engine) run(ctx context.Context) (Stop, error) {
	file, err := input.Check(ctx, e.input, e.cfg.Input, func(p input.Problem) { e.emit(ProblemFound{p}) })
	if err != nil {
		return stopOf(ctx), err
	}
	e.file = file
	counts := file.Counts()
	e.emit(Checked{Folder: e.dir.Path(), Counts: counts})
	if counts.Invalid > 0 && !e.cfg.SkipInvalid {
		return Stop{}, &InvalidError{Counts: counts}
	}
	if err := e.ask(ctx, counts); err != nil {
		return stopOf(ctx), err
	}
	e.emit(Started{At: time.Now(), Rows: counts.Valid, Workers: e.cfg.Workers})
	return e.pool(ctx), nil
}

// ask asks for consent, when someone is to be asked.
func (e *engine) ask(ctx context.Context, counts input.Counts) error {
	if e.cfg.Confirm == nil {
		return nil
	}
	return e.cfg.Confirm(ctx, Question{
		Account: e.cfg.Account,
		API:     e.cfg.API,
		Sandbox: e.cfg.Sandbox,
		Counts:  counts,
		Rows:    counts.Valid,
		Rate:    e.cfg.Rate,
		Takes:   time.Duration(counts.Valid) * e.cfg.Rate.Every(),
	})
}

// refusal is the stop of a run that sent nothing.
func refusal(err error) Stop {
	if errors.Is(err, ErrDeclined) {
		return stopFor(Declined, err)
	}
	return stopFor(RefusedInput, err)
}

// close ends the journal and tells it.
func (e *engine) close(stop Stop) error {
	err := errors.Join(
		e.journal.Append(record{Kind: kindEnd, At: time.Now(), End: &stop}),
		e.journal.Close(),
		e.requests.Close(),
	)
	e.emit(Ended{At: time.Now(), Stop: stop})
	if stop.Reason == StoppedByDisk {
		return nil // it is the failure that the stop tells
	}
	return err
}
