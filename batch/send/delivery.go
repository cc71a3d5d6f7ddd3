package send

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/send/fence"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// send takes one row to its result. An error ends the run. Nothing of the row
// leaves once starting has ended, unless a request of it had already left; ctx
// cuts even that short.
func (s *Sender) send(ctx, starting context.Context, row plan.Row, task Task) error {
	for {
		err := s.deliver(ctx, starting, row, task)
		switch {
		case errors.Is(err, errUnproven):
			task = Settle
		case !errors.Is(err, errStale):
			return err
		}
		err = s.recheck.read(starting, map[string]struct{}{row.Number: {}})
		if err != nil && starting.Err() == nil {
			return asStop(err)
		}
	}
}

// errStale keeps a row from leaving: what its number was read as has become too old while
// the row waited for its turn.
var errStale = errors.New("the number must be read again first")

// errUnproven asks for a reading of a number whose update was answered with a success and nothing else, or a part of it.
var errUnproven = errors.New("the number must be read to know whether it was updated")

// deliver is send by what was read so far: [errStale] when that is too old, [errUnproven] when only a reading can tell
// what became of the row.
func (s *Sender) deliver(ctx, starting context.Context, row plan.Row, task Task) error {
	if starting.Err() != nil {
		return nil
	}
	outcome, settled := s.judge(row, task)
	if settled {
		err := s.conclude(outcome, settings.FromChanges(row.Changes))
		s.settled(row.Line)
		return cmp.Or(err, s.failures.Over())
	}
	if task == Send && s.recheck.aged(row) {
		return errStale // and takes no turn
	}
	s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	d := &delivery{sender: s, row: row, want: settings.FromChanges(row.Changes), cancel: cancel, before: task == Settle && !s.provenLocked(row)}
	defer context.AfterFunc(starting, d.stop)()

	answer, err := s.Client.With(d.trace()).Update(ctx, d.want.Request(row.Number))
	if reading := d.needs(starting, err, task); reading != nil {
		return reading
	}
	outcome = d.result()
	said := settings.StateOf(answer.Settings)
	if err != nil {
		outcome = refused(outcome, err, d.before)
		outcome.Error = noted(outcome.Error, companionRefused(row.Changes, s.Run.Identity.Fields, err))
	} else {
		outcome = answered(outcome, answer)
		outcome.Error = cmp.Or(outcome.Error, otherEcho(s.Reader.API, d.want, said))
		outcome.Error = noted(outcome.Error, row.Error)
		if d.inDoubt() {
			s.noteDoubted(row.Line)
			outcome = doubted(outcome)
		}
	}
	s.noteLocked(outcome, err, d.inDoubt())
	var unread error
	if err == nil {
		outcome, unread = s.prove(starting, row, d.want, said, outcome)
	}
	if err := cmp.Or(d.finish(outcome), unread); err != nil {
		return err
	}
	if stop := result.CallStop(err); stop != nil {
		return stop
	}
	if err != nil && outcome.Attempts == 0 && starting.Err() == nil {
		return result.StopFor(result.StoppedByAPI, err) // no request of its own: the row is not at fault
	}
	return cmp.Or(s.failures.Refusals(outcome, err), s.failures.Over())
}

// errStopping ends a row that had not been sent when the run began to stop.
var errStopping = errors.New("the run is stopping")

// delivery is one row from its start to its result. It decides what a stop means
// for the row: a request that is under way may be answered, and nothing of the row
// leaves any more, be it in doubt: whoever resumes the run reads its number.
type delivery struct {
	sender *Sender
	row    plan.Row
	want   settings.Settings // what is sent
	cancel context.CancelCauseFunc
	before bool // an earlier sending of the row is in doubt

	departure fence.Departure

	mu       sync.Mutex
	stopping bool
	away     bool // a request is under way
	doubt    bool // a request may have been applied whose answer is not trustworthy, and no refusal as locked
	intent   bool // the store has an intent without a result
	first    time.Time
	last     client.Attempt
	attempts int
}

// needs is [errStale] or [errUnproven] when the number is to be read before it is known what to do with the row, whose
// update ended with that error.
func (d *delivery) needs(starting context.Context, err error, task Task) error {
	if errors.Is(err, errStale) {
		if d.inDoubt() { // by an earlier request
			return errUnproven
		}
		return errStale
	}
	call, failed := errors.AsType[*client.Error](err)
	if failed && (call.Empty || call.Cut) && call.Kind != client.KindOutage && task != Settle && !d.sender.TokenOnly && starting.Err() == nil {
		return errUnproven
	}
	return nil
}

// trace is how the delivery watches its calls.
func (d *delivery) trace() client.Trace {
	return client.Trace{Before: d.leaving, Done: d.done, Waiting: d.sender.Requests.waiting, Yielding: d.sender.Requests.yielding}
}

// leaving is called when a request of the row is about to leave: the intent must
// be on the disk first.
func (d *delivery) leaving(_ context.Context, a client.Attempt) (leaves time.Time, err error) {
	if a.Endpoint != client.EndpointUpdate { // a token, or a reading by which it is found whether an outage is over
		return leaves, nil
	}
	if err := d.clear(); err != nil {
		return leaves, err
	}
	if err := d.sender.Held(); err != nil { // each time: a request that is made again may have waited for long
		return leaves, err
	}
	if d.sender.recheck.aged(d.row) {
		return leaves, errStale
	}
	leaves, err = d.departure.Ready(d.intent, d.intend, d.sender.Renew)
	if errors.Is(err, client.ErrAgain) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.away = false
		d.release()
	}
	return leaves, err
}

// intend records that the row is about to be sent.
func (d *delivery) intend() error {
	if err := d.sender.reserve(d.row.Line); err != nil {
		return err
	}
	err := d.sender.Log.Record(&store.Intent{At: time.Now(), Line: d.row.Line, Number: d.row.Number, Changes: d.row.Changes})
	if err != nil {
		return err
	}
	d.intent = true
	return nil
}

// clear lets a request leave, unless the run is stopping, or the deadline or the end of the hours has come, perhaps while
// the machine was suspended.
func (d *delivery) clear() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stopping && !d.away {
		return errStopping
	}
	if stop := d.sender.closedAt(d.sender.WallClock()); stop.Early() && !d.away {
		return stop
	}
	d.away = true
	return nil
}

// done is called after each request of the row, and of its tokens.
func (d *delivery) done(_ context.Context, a client.Attempt) {
	d.sender.Requests.attempted(d.row.Row, d.row.Line, a)
	if a.Endpoint != client.EndpointUpdate {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.attempts == 0 {
		d.first = a.Start
	}
	d.attempts++
	d.last = a
	d.away = false
	d.doubt = d.doubt || a.Applied == client.AppliedMaybe && !isLocked(a.Err)
	d.release()
}

// stop tells the delivery that the run is stopping.
func (d *delivery) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopping = true
	d.release()
}

// release ends the waits of a row of which nothing is on its way.
func (d *delivery) release() {
	if d.stopping && !d.away {
		d.cancel(errStopping)
	}
}

// result is the delivery's account of itself, without an outcome.
func (d *delivery) result() result.Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := result.Result{
		Row:        d.row.Row,
		Line:       d.row.Line,
		Number:     d.row.Number,
		HTTPStatus: d.last.HTTPStatus,
		Attempts:   d.attempts,
		Changes:    d.row.ChangesText(),
		StartedAt:  d.first,
	}
	if d.attempts > 0 {
		r.DurationMs = d.last.Start.Add(d.last.Duration).Sub(d.first).Milliseconds()
	}
	return r
}

// inDoubt reports whether a sending of the row may have been applied whose answer was not
// trustworthy.
func (d *delivery) inDoubt() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.doubt || d.before
}

// answered fills a result from a trustworthy answer.
func answered(r result.Result, a client.UpdateAnswer) result.Result {
	r.UpdateOrderId, r.UpdateOrderStatus, r.UpdateOrderDate = a.UpdateOrderId, a.UpdateOrderStatus, a.UpdateOrderDate
	switch a.State() {
	case client.OrderComplete:
		r.Status = result.Updated
	case client.OrderFailed:
		r.Status = result.Failed
	default:
		r.Status = result.Pending
	}
	r.Error = a.OrderRemark()
	return r
}

// noted is what is said of a row's answer, with what of the row was left.
func noted(said, left string) string {
	if left == "" {
		return said
	}
	return strings.TrimPrefix(said+"; note: "+left, "; ")
}

// doubted is the result of a row of which an earlier sending is in doubt: that the order of
// the last one has failed says nothing of the one before.
func doubted(r result.Result) result.Result {
	if r.Status == result.Failed {
		r.Status = result.Unknown
		r.Error += earlierSending
	}
	return r
}

// earlierSending is said of a row that is unknown for what was sent before.
const earlierSending = " (an earlier sending may have been applied)"

// refused fills a result from an error: what is in doubt, by this sending or one
// before it, is unknown, what the run's end prevented was not attempted, the
// rest failed.
func refused(r result.Result, err error, doubt bool) result.Result {
	r.Error = result.OneLine(err)
	call, ok := errors.AsType[*client.Error](err)
	switch {
	case doubt:
		r.Status = result.Unknown
		r.Error += earlierSending
	case ok && call.Applied != client.AppliedNo:
		r.Status = result.Unknown
	case r.Attempts == 0, result.CallStop(err) != nil, errors.Is(err, errStopping), errors.Is(err, context.Canceled):
		r.Status = result.NotAttempted
	default:
		r.Status = result.Failed
	}
	return r
}

// finish records a result and tells it. A row of which nothing ever left has
// no record.
func (d *delivery) finish(r result.Result) error {
	if _, again := d.sender.second.of(r.Line); again && !r.Done() && !d.intent {
		return nil // it stays as it was
	}
	if !r.Done() && !d.intent {
		d.sender.Requests.Emit(d.sender.finished(r))
		return nil
	}
	return d.sender.conclude(r, d.want)
}

// conclude records what became of a row and tells it.
func (s *Sender) conclude(r result.Result, want settings.Settings) error {
	s.remember(r, want)
	s.failures.Note(r)
	if r.Status.MayBeWritten() {
		s.Reader.Own.Note(r.Number, want, time.Now(), r.Status == result.Updated)
	}
	s.progress.set(r.Line, r.Status)
	s.second.note(r)
	r = s.second.both(r)
	defer s.Requests.Emit(s.finished(r))
	return s.Log.Record(&store.Result{Result: r, At: time.Now(), Settings: want.Hash()})
}

// retell takes in that rows are told once more that were told before.
func (s *unsettled) retell(rows map[int]result.Status) {
	s.noting.Lock()
	defer s.noting.Unlock()
	if s.concluded == nil {
		s.concluded = map[int]result.Status{}
	}
	maps.Copy(s.concluded, rows)
}

// finished is the event of a row's end, by what was told of the row before.
func (s *unsettled) finished(r result.Result) event.Finished {
	s.noting.Lock()
	defer s.noting.Unlock()
	was, again := s.concluded[r.Line]
	if !again {
		was = result.Planned
	}
	delete(s.concluded, r.Line)
	if r.Status == result.Pending || r.Status == result.Unknown {
		if s.concluded == nil {
			s.concluded = map[int]result.Status{}
		}
		s.concluded[r.Line] = r.Status
	}
	return event.Finished{Result: r, Was: was}
}
