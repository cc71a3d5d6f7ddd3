package batch

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/planner"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// execution is one of a run: it has the run and the account for itself, records what
// it does, and tells it.
type execution struct {
	cfg         Config
	again       time.Time // when it began, if it goes on with a run; zero: it is the run's first
	run         *runs.Run
	lock        store.Lock
	log         *runs.Recorder
	requests    *send.Requests
	reader      *client.Reader     // the configuration's, watched
	own         *current.Own       // what was sent to the account's numbers a moment ago
	counts      input.Counts       // the verdict on the rows, in figures
	warnings    plan.Warnings      // of the check of the input
	routes      *guard.Routes      // those that rows would move numbers to; nil: they were not looked at
	subscribers *guard.Subscribers // those whom rows would assign numbers to; nil: they were not read
	directory   *route.Directory   // the routes of the account
	sender      *send.Sender       // nil: there is no plan yet
	begun       bool               // something may have been sent
	// readAgain tells that the rows of the plan that failed in reading were decided by
	// this execution.
	readAgain bool
	reviewed  reviewed // what the plan found in sync, as it is now
	empties   *planner.Empties

	stop     context.CancelCauseFunc   // starts no further row
	lookedAt atomic.Pointer[time.Time] // when the locks were found to be held
	telling  sync.Mutex                // one event at a time

	recording sync.WaitGroup // of what was asked for
}

// newExecution returns one of a run that is locked.
func newExecution(cfg Config, run *runs.Run, lock store.Lock) *execution {
	if cfg.Control == nil {
		cfg.Control = control.New()
	}
	if cfg.TokenOnly {
		cfg.Verify = 0
	}
	if cfg.Propagation.VoiceOnly && (cfg.Sandbox || run.Identity.RollbackOf != "") { // nobody has asked for it
		cfg.Propagation = plan.Propagation{}
	}
	if run.Identity.RollbackOf != "" {
		cfg.Hours = nil // what goes wrong is taken back at any hour
	}
	cfg.Deadline = cfg.Deadline.Round(0) // of the wall clock: the other one stands still while a machine is suspended
	e := &execution{cfg: cfg, run: run, lock: lock, own: current.NewOwn(cfg.ReadLag), empties: &planner.Empties{Run: run}}
	e.log = &runs.Recorder{Store: cfg.Store, Run: run.Stored.ID}
	e.requests = &send.Requests{Log: e.log, Emit: e.Emit, Stop: func(err error) { e.stop(err) }}
	return e
}

// Gate is of [control.Execution].
func (e *execution) Gate() *client.Gate { return e.cfg.Reader.Gate() }

// recordsWithin is how long who asks something of a run waits until that is recorded: a store may be away for half an hour.
const recordsWithin = 2 * time.Second

// Record is of [control.Execution]. What a store that is away does not take at once, it takes before the run's end.
func (e *execution) Record(asked event.Commanded) {
	recorded := make(chan struct{})
	e.recording.Go(func() {
		defer close(recorded)
		if err := e.log.Milestone(store.Commanded, asked.At, asked); err != nil {
			e.stop(err)
		}
	})
	select {
	case <-recorded:
	case <-time.After(recordsWithin):
	}
}

// Emit tells the control and the listeners an event.
func (e *execution) Emit(news event.Event) {
	e.telling.Lock()
	defer e.telling.Unlock()
	e.cfg.Control.Observe(time.Now(), news)
	for _, listen := range e.cfg.Listeners {
		listen(news)
	}
}

// watch begins what an execution that reads or sends has in common, until done is
// called: the control and the execution may stop it, and its requests are watched.
func (e *execution) watch(ctx context.Context) (_ context.Context, done func()) {
	ctx, e.stop = e.cfg.Control.Until(ctx)
	e.reader = e.cfg.Reader.With(e.requests.Trace()).WithPaging(pagingOf(ctx, e.cfg.Store, e.run.Stored.Account.ID, e.Emit))
	if e.directory = route.NewDirectory(e.reader); e.cfg.TokenOnly {
		e.directory = route.NewDirectory(nil)
	}
	return ctx, func() { e.stop(nil) }
}

// execute does the work of a run, and returns the folder as it is afterwards.
func (e *execution) execute(ctx context.Context, work func(context.Context) (result.Stop, error)) (*runs.Run, error) {
	defer e.lock.Release()
	ctx, stopped := e.watch(ctx)
	defer stopped()
	defer e.cfg.StopAtDeadline(e.cfg.Control)()
	_ = e.run.Dir().Ensure() // somebody may have removed it; who is to make something in it says what cannot be made
	e.Emit(event.Began{At: time.Now(), Folder: e.run.Folder(), Run: e.run.Identity.Told()})
	e.cfg.Control.Begin(e, control.Schedule{Run: e.run.Identity.Name, Deadline: e.cfg.Deadline})
	if e.cfg.Attend != nil {
		defer e.cfg.Attend(e.run)()
	}
	defer holdWhileAway(e)()
	var stop result.Stop
	err := e.cfg.awaitAsked(ctx, e.run.Stored.Account, e.Emit)
	if err == nil {
		stop, err = work(ctx)
	}
	if e.sender != nil {
		defer e.sender.Close()
	}
	if errors.Is(err, context.Canceled) && result.StopOf(ctx).Early() {
		err = result.StopOf(ctx) // whatever it was in the middle of
	}
	if early, ok := result.StopIn(err); ok {
		stop, err = early, nil
	}
	switch {
	case err != nil:
		stop = refusal(err)
	case stop.Early() && e.sender != nil:
		stop = e.sender.Gravest(stop)
	case stop.Early():
		stop = result.Graver(stop, e.cfg.Control.Stopped())
	}
	if stop.Reason == result.StoppedByCredentials && e.cfg.TokenOnly {
		stop.Next = result.RenewToken // there is no key
	}
	e.cfg.Control.End()
	return e.end(ctx, stop, err)
}

// holdWhileAway holds the run while nothing can be recorded, until done is called.
func holdWhileAway(e *execution) (done func()) {
	w, waits := e.cfg.Store.(store.Waiter)
	if !waits {
		return func() {}
	}
	return w.Watch(func(a store.Away) {
		if a.Ended != nil {
			e.cfg.Control.Stop(result.StopFor(result.StoppedByDisk, a.Ended))
			return
		}
		e.cfg.Control.Await(event.Held{Name: "store", Reason: event.WaitStore, Since: a.Since, Why: a.Why, Over: a.Over})
		if a.Over {
			e.log.Keep(request.Request{At: a.Since, Wait: event.WaitStore, Until: time.Now()})
		}
	})
}

// end records the end, removes what is older than is to be kept, tells the end, and
// returns the run as it is afterwards.
func (e *execution) end(ctx context.Context, stop result.Stop, failed error) (*runs.Run, error) {
	at := time.Now()
	e.own.Forget()
	e.recording.Wait()
	closed := errors.Join(e.log.Flush(), keepLimit(ctx, e), e.log.Milestone(store.Ended, at, stop))
	if disk, ok := errors.AsType[result.Stop](closed); ok && !stop.Early() {
		stop = disk
	}
	if !stop.Early() && e.cfg.Client != nil && e.cfg.Keep > 0 {
		kept, notes := prune.Retain(ctx, e.run.In, e.run.Stored, e.cfg.Keep)
		if err := e.log.Milestone(store.Retained, time.Now(), kept); err != nil {
			notes = append(notes, "what became of older runs is not recorded: "+result.OneLine(err))
		}
		for _, note := range notes {
			e.Emit(event.Noticed{Detail: note})
		}
	}
	e.Emit(event.Ended{At: at, Stop: stop})
	if stop.Reason == result.StoppedByDisk {
		closed = nil // it is the failure that the stop tells
	}
	if e.log.Broken() { // a store that does not answer is not waited for again
		return e.remembered(stop), failed
	}
	run, opened := e.run.In.Open(context.WithoutCancel(ctx), e.run.Stored.Name)
	unread := func(why error) *runs.Run {
		return e.remembered(result.Graver(stop, result.StopFor(result.StoppedByDisk, why)))
	}
	switch {
	case opened != nil && e.begun: // what was sent is known to this process, if not to whoever reads
		return unread(opened), failed
	case opened == nil:
		run.Stop = stop // also when the store could not take it
		run.File = e.run.File
		if e.begun {
			run.Unread = unread
		}
	}
	return run, errors.Join(failed, closed, opened)
}

// remembered is the run as this process knows it, when the store cannot be asked any
// more.
func (e *execution) remembered(stop result.Stop) *runs.Run {
	now := time.Now()
	status := e.cfg.Control.Status(now)
	requests := request.Counted(status.Requests, status.ByEndpoint, status.ByStatus, status.Waited)
	this := store.Execution{StartedAt: cmp.Or(e.again, e.run.StartedAt), EndedAt: now}
	return &runs.Run{
		Identity: e.run.Identity, StartedAt: e.run.StartedAt, EndedAt: now, Stop: stop,
		Executions: append(slices.Clone(e.run.Executions), this),
		Plan:       e.run.Plan, Applied: e.run.Plan != nil,
		In: e.run.In, Stored: e.run.Stored, File: e.run.File, Remembered: &runs.Remembered{Counts: status.Counts, Requests: requests},
	}
}

// refusal is the stop of an execution that ended with an error, before it sent
// anything.
func refusal(err error) result.Stop {
	_, guarded := errors.AsType[*guard.RefusedError](err)
	_, locked := errors.AsType[*store.LockedError](err)
	_, broken := errors.AsType[*store.BrokenError](err)
	_, invalid := errors.AsType[*InvalidError](err)
	_, unreadable := errors.AsType[*input.FileError](err)
	switch {
	case errors.Is(err, result.ErrDeclined):
		return result.StopFor(result.Declined, err)
	case guarded || locked:
		return result.StopFor(result.Guarded, err)
	case broken:
		return result.StopFor(result.StoppedByDisk, err)
	case invalid || unreadable || errors.Is(err, ErrNothingRead):
		return result.StopFor(result.RefusedInput, err)
	default:
		return result.StopFor(result.StoppedByError, err)
	}
}

// heldFor is for how long it is believed that the locks are this process's own: of
// many rows a second not each looks.
const heldFor = 10 * time.Millisecond

// held is an error when somebody has taken the run's or the account's lock away.
func (e *execution) held() error {
	looked, now := e.lookedAt.Load(), time.Now()
	if looked != nil && now.Sub(*looked) < heldFor {
		return nil
	}
	err := e.lock.Held()
	if err == nil && e.cfg.Lock != nil {
		err = e.cfg.Lock.lock.Held()
	}
	if err != nil {
		return result.StopFor(result.StoppedByDisk, err)
	}
	e.lookedAt.Store(&now)
	return nil
}

// numbers is how numbers are read.
func (e *execution) numbers() current.Reader {
	return current.Reader{
		API: e.reader, Way: e.cfg.Read, Workers: e.cfg.Workers, Now: e.cfg.WallClock,
		Tell: func(told plan.Reading) { e.Emit(event.ReadingTold{Reading: told}) }, Own: e.own,
		Notice: func(detail string) { e.Emit(event.Noticed{Detail: detail}) },
		Empty:  e.empties.Fields,
	}
}

// planned makes the sender of the run's plan, in the waves of its rows.
func (e *execution) planned(waveOf map[int]int) *send.Sender {
	e.sender = send.NewSender(send.Job{
		Options: e.cfg.Options, Run: e.run, Plan: e.run.Plan, Rows: e.run.Planned(), WaveOf: waveOf,
		Client: e.cfg.Client, Reader: e.numbers(), TokenOnly: e.cfg.TokenOnly, ReadsNothing: e.cfg.All,
		Known: newPlanner(e).Known, Log: e.log, Requests: e.requests, Held: e.held, Renew: renewal(e.cfg.Lock), Control: e.cfg.Control,
	})
	e.cfg.Control.Foresee(e.sender.Forecast)
	return e.sender
}

// begin records that the plan begins to be carried out, and what may be rolled
// back from here on.
func (e *execution) begin(ctx context.Context) error {
	at := time.Now()
	begins, err := runs.Milestone(store.Began, at, runs.Began{
		StartedAt: e.again, Overhead: e.sender.Overhead(0),
		Rate: e.cfg.Rate.String(), Workers: e.cfg.Workers, MaxFailures: &e.cfg.MaxFailures,
		SecondPass: e.cfg.SecondPass, Deadline: e.cfg.Deadline, Behalf: e.cfg.Behalf, Routes: e.run.Plan.Routes,
		Unprotect: e.cfg.Unprotect, Saved: e.cfg.Saved,
		UnchangedAsOf: e.reviewed.asOf, Moved: e.reviewed.moved,
	})
	if err != nil {
		return err
	}
	unprotected, err := protect.Unprotect(ctx, e.run, e.cfg.Unprotect, e.cfg.User, e.cfg.Behalf, at)
	if err != nil {
		return err
	}
	if err := e.log.Record(append([]store.Record{begins}, unprotected...)...); err != nil {
		return err
	}
	e.begun = true
	return nil
}

// keepLimit records what the execution learnt of the API's limit, tells it, and keeps the rate for the account. That of a
// sandbox is nobody else's.
func keepLimit(ctx context.Context, e *execution) error {
	if e.cfg.Reader == nil {
		return nil
	}
	learnt := e.Gate().Learnt()
	if learnt.Refusals == 0 {
		return nil
	}
	found := learnt.Window != "" && !learnt.ByChance()
	e.Emit(event.Noticed{Detail: learnt.String(), Good: !found}) // a few refusals are no reason to wake somebody
	if !e.cfg.Sandbox && found {
		kept := store.LearntRate{Rate: learnt.Rate.String(), At: time.Now()}
		if err := e.cfg.Store.KeepLearntRate(context.WithoutCancel(ctx), e.run.Stored.Account.ID, kept); err != nil {
			e.Emit(event.Noticed{Detail: "the rate that was learnt cannot be kept: " + result.OneLine(err)})
		}
	}
	return e.log.Milestone(store.Learnt, time.Now(), learnt)
}

// pagingOf is that of an account. Where its store does not tell, the pages are the API's own.
func pagingOf(ctx context.Context, of store.Store, account store.AccountID, emit func(event.Event)) *client.Paging {
	size, err := of.PageSize(ctx, account)
	if err != nil {
		size = 0
	}
	forget := func() error { return of.KeepPageSize(context.WithoutCancel(ctx), account, 0) }
	return current.Paging(size, forget, func(detail string) { emit(event.Noticed{Detail: detail}) })
}
