package batch

import (
	"context"
	"maps"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// DefaultRecheck is how old the reading of a number may be when its row is sent,
// and ConditionalRecheck the same for rows with preconditions, and in waves: what
// was found is to hold now, not some hours ago.
const (
	DefaultRecheck     = 12 * time.Hour
	ConditionalRecheck = 10 * time.Minute
)

// justRead is how old a reading made again may be in any case, so that one that
// was asked for always is not made twice.
const justRead = time.Minute

// recheck are the numbers of a plan as they were read for it, and again before
// it is sent.
type recheck struct {
	before, after *current.Readings
	// known is what earlier runs tell of preconditions that the API does not
	// show, by number.
	known map[string]map[string]string
}

// readStale reads the numbers again whose readings are too old for their rows to
// be sent: a question may have waited long for its answer.
func (e *engine) readStale(ctx context.Context) error {
	numbers := map[string]struct{}{}
	for p, err := range e.planned().Heads() {
		if err != nil {
			return result.StopFor(result.StoppedByInput, err)
		}
		if e.stale(p) {
			numbers[p.Number] = struct{}{}
		}
	}
	return e.readThese(ctx, numbers)
}

// stale reports whether a row is to be sent whose number must be read again
// first. A run that reads nothing has nothing to read again.
func (e *engine) stale(p plan.Row) bool {
	if e.cfg.All || e.task(p) != toSend {
		return false
	}
	at, limit := p.ReadAt, e.cfg.recheck(p)
	if e.again != nil {
		if is, read := e.again.after.Get(p.Number); read {
			at, limit = is.At, max(limit, justRead)
		}
	}
	return time.Since(at) > limit || plan.InFuture(at)
}

// recheck is how old the reading of a row may be, by what was asked for.
func (cfg Config) recheck(p plan.Row) time.Duration {
	switch {
	case cfg.Recheck > 0:
		return cfg.Recheck
	case !p.If.IsZero(), len(cfg.Waves.Sizes) > 0:
		return ConditionalRecheck
	default:
		return DefaultRecheck
	}
}

// readThese reads numbers again, beside what was read of them for the plan.
// Readings in between do not count: they may have seen what the run itself did.
// What was read again of other numbers stays.
func (e *engine) readThese(ctx context.Context, numbers map[string]struct{}) error {
	if len(numbers) == 0 {
		return nil
	}
	again := &recheck{after: current.NewReadings(store.ForSending, e.log.Record), known: map[string]map[string]string{}}
	if e.again != nil {
		again.after.Except(e.again.after, numbers)
		maps.Copy(again.known, e.again.known)
	}
	var err error
	again.before, err = current.Before(ctx, e.cfg.Store, e.is.ID, func(number string) bool {
		_, wanted := numbers[number]
		_, had := again.after.Get(number)
		return wanted || had
	})
	if err != nil {
		return err
	}
	e.again = again
	if _, err = e.api().Read(ctx, again.after, maps.Clone(numbers)); err != nil {
		return err
	}
	return e.recall(ctx, numbers)
}

// recall finds what earlier runs tell of preconditions that the API does not
// show of these numbers: another run may have changed them since the plan was
// made.
func (e *engine) recall(ctx context.Context, numbers map[string]struct{}) error {
	wanted := map[string][]string{}
	for p, err := range e.planned().Where(func(p plan.Row) bool {
		_, read := numbers[p.Number]
		return read && p.Sent() && !p.If.IsZero()
	}) {
		if err != nil {
			return result.StopFor(result.StoppedByInput, err)
		}
		delete(e.again.known, p.Number)
		if is, read := e.again.after.Get(p.Number); read && is.State != nil {
			wanted[p.Number] = is.State.Untold(p.If)
		}
	}
	known, err := e.remembered(ctx, e.me.Hidden, wanted)
	maps.Copy(e.again.known, known)
	return err
}

// foundAsAsked is what is said of a row that was in doubt and whose number is as
// asked.
const foundAsAsked = "found as asked, order id unknown"

// moved says what became of a row by what was read again, or that it is still
// to be sent.
func (e *engine) moved(p plan.Row, do task) (r result.Result, settled bool) {
	if r, undoes := e.undoes(p, do); undoes || e.again == nil {
		return r, undoes
	}
	is, read := e.again.after.Get(p.Number)
	if !read {
		return r, false
	}
	was, _ := e.again.before.Get(p.Number)
	r = result.Result{Row: p.Row, Line: p.Line, Number: p.Number, Changes: p.ChangesText()}
	switch {
	case is.State == nil && do == toSettle:
		r.Status, r.Error = result.Unknown, "it may have been applied, and cannot be read: "+is.Error
		return r, true
	case is.State == nil:
		r.Status, r.Error = result.Failed, is.Error
		return r, true
	case was.State == nil:
		was.State = new(settings.State)
	}
	r.Status, r.Error = p.Recheck(*was.State, *is.State, e.again.known[p.Number])
	if r.Status == result.Unchanged && do == toSettle {
		r.Status, r.Error = result.Updated, foundAsAsked
	}
	return r, r.Status != result.Planned
}

// undoes ends a row that is about to be sent and would take a cutover back: one
// that came after the row was planned.
func (e *engine) undoes(p plan.Row, do task) (r result.Result, undoes bool) {
	why := e.protected.Against(p.Number, p.Changes)
	if why == "" || do != toSend {
		return r, false
	}
	return result.Result{Row: p.Row, Line: p.Line, Number: p.Number, Changes: p.ChangesText(), Status: result.Conflict, Error: why}, true
}
