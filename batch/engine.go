package batch

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// drainLimit bounds how long rows in flight may take once a run is stopping. It
// is below the 30 s that container platforms wait before they kill.
const drainLimit = 25 * time.Second

// errDrained cuts what is still in flight after [drainLimit].
var errDrained = errors.New("the run ended before the answer came")

// engine is one execution of a run.
type engine struct {
	cfg       Config
	is        store.Run
	me        *runs.Identity
	lock      store.Lock
	log       *runs.Recorder
	begun     bool                      // something may have been sent
	lookedAt  atomic.Pointer[time.Time] // when the locks were found to be held
	file      *input.File               // nil: the plan has the verdict on the rows
	counts    input.Counts              // that verdict in figures
	tolerance tolerance
	reader    *client.Reader // the configuration's, watched
	plannedAt time.Time
	made      *plan.Plan
	first     *current.FirstPage // read for the account's name; nil: it was not
	again     *recheck           // what was read again before sending, if anything
	protected protect.Protection // what cutovers since the plan forbid to change back
	routes    guard.Routes       // those that rows would move numbers to; nil: they were not read
	task      func(plan.Row) task
	takenBack map[string]*runs.Run // numbers that rollbacks of the run took back
	progress  *progress
	cutover   cutover
	spent     spent
	inFlight  atomic.Int64
	retained  *runs.Retention         // what became of older runs; nil: nothing
	stop      context.CancelCauseFunc // starts no further row

	noting sync.Mutex
	doubt  map[int]string // by line, the number of a row left in doubt
	// pending has, by line, the rows whose order is not complete yet.
	pending map[int]awaited
	// told has, by line, the rows that ended as [result.Pending] or [result.Unknown].
	told  map[int]result.Status
	grave result.Stop // the gravest that some row met
	// noReturn stops the run at its point of no return; nil: not yet.
	noReturn *time.Timer

	telling sync.Mutex // one event at a time
}

// emit tells the listeners an event.
func (e *engine) emit(news event.Event) {
	e.telling.Lock()
	defer e.telling.Unlock()
	e.cfg.Control.Observe(time.Now(), news)
	for _, listen := range e.cfg.Listeners {
		listen(news)
	}
}

// send does what there is to do, at once or in waves.
func (e *engine) send(ctx context.Context) result.Stop {
	e.heedReserve() // of what earlier executions have sent
	if len(e.cutover.waves) > 0 {
		return e.sendWaves(ctx)
	}
	return e.sendTasks(ctx)
}

// sendTasks reads again what must be, does what there is to do, settles what was
// left in doubt, and waits for orders.
func (e *engine) sendTasks(ctx context.Context) result.Stop {
	if err := e.readStale(ctx); err != nil {
		return asStop(err)
	}
	if stop := e.pool(ctx); stop.Early() {
		return stop
	}
	if stop := e.settle(ctx); stop.Early() {
		return stop
	}
	return e.await(ctx)
}

// pool sends the planned rows, a few at a time, until they are done or ctx ends,
// and returns why it ended early. A row that fails does not disturb the others;
// only an error of [engine.handle], which is a [result.Stop], keeps further rows from
// starting.
func (e *engine) pool(ctx context.Context) result.Stop {
	group, starting := errgroup.WithContext(ctx)
	group.SetLimit(e.cfg.Workers)

	// What is in flight outlives the starting of rows, by drainLimit.
	answering, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	defer context.AfterFunc(starting, func() {
		if stop := result.StopOf(starting); stop.Early() {
			e.emit(event.Stopping{Stop: stop, InFlight: int(e.inFlight.Load())})
			e.drain(answering, cut)
		}
	})()

	var broken result.Stop
	for row, err := range e.planned().Where(func(p plan.Row) bool { return e.task(p) != nothing }) {
		if starting.Err() != nil {
			break
		}
		if err != nil {
			broken = result.StopFor(result.StoppedByInput, err)
			break
		}
		do := e.task(row)
		group.Go(func() error { return e.noteStop(e.handle(answering, starting, row, do)) })
	}
	if err := group.Wait(); err == nil && broken.Early() {
		return broken
	}
	return result.StopOf(starting)
}

// drain bounds how long what is in flight may take. While nothing may leave, only
// the requests that are under way can come to anything.
func (e *engine) drain(answering context.Context, cut context.CancelCauseFunc) {
	time.AfterFunc(drainLimit, func() { cut(errDrained) })
	if e.cfg.Control.Holding() && e.gate().Quiet(answering) == nil {
		cut(errDrained)
	}
}

// noteStop remembers what a row's end means for the run. The first such end
// keeps further rows from starting; a graver one may come while it drains.
func (e *engine) noteStop(err error) error {
	if stop, ok := errors.AsType[result.Stop](err); ok {
		e.noting.Lock()
		defer e.noting.Unlock()
		e.grave = result.Graver(e.grave, stop)
	}
	return err
}

// gravest is the reason that a run's end is told with: of the first one, what
// rows met while it drained, and what was asked for meanwhile.
func (e *engine) gravest(first result.Stop) result.Stop {
	e.noting.Lock()
	defer e.noting.Unlock()
	return result.Graver(result.Graver(first, e.grave), e.cfg.Control.Stopped())
}

// oursFor is for how long it is believed that the locks are this process's own: of
// many rows a second not each looks.
const oursFor = 10 * time.Millisecond

// ours is an error when somebody has taken the run's or the account's lock away.
func (e *engine) ours() error {
	looked, now := e.lookedAt.Load(), time.Now()
	if looked != nil && now.Sub(*looked) < oursFor {
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

// planned is the plan's rows.
func (e *engine) planned() plan.Rows { return plan.Rows{Store: e.cfg.Store, Run: e.is.ID} }

// dir is the run's folder.
func (e *engine) dir() *folder.Folder { return folder.At(e.cfg.RunsDir, e.is.Name) }
