package send

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// DefaultRecheck is how old the reading of a number may be when its row is sent, and ConditionalRecheck the same for
// rows with preconditions or companions, in waves, and of a plan that was agreed to before: what was found is to hold
// now, not some hours ago. Of a
// companion that is never older: what somebody moved meanwhile would be moved back.
const (
	DefaultRecheck     = 12 * time.Hour
	ConditionalRecheck = 10 * time.Minute
)

// justRead is how old a reading made again may be in any case, so that one that was asked for always is not made twice.
const justRead = time.Minute

// limit is how old the reading of a row may be, by what was asked for; strict: where nobody asked, as with preconditions.
func (o Options) limit(p plan.Row, strict bool) time.Duration {
	switch {
	case p.Accompanied():
		return o.limitOfCompanions()
	case o.Recheck > 0:
		return o.Recheck
	case !p.If.IsZero(), strict:
		return ConditionalRecheck
	default:
		return DefaultRecheck
	}
}

// strict reports whether what was found of a row is to hold now.
func (j *Job) strict(p plan.Row) bool { return len(j.Plan.Waves) > 0 || j.Agreed && p.Sent() }

// limitOfCompanions is how old the reading of a row with a companion may be.
func (o Options) limitOfCompanions() time.Duration {
	return min(cmp.Or(o.Recheck, ConditionalRecheck), ConditionalRecheck)
}

// FreshCompanions is how old such a reading may be when its row leaves; it is made again then.
func (o Options) FreshCompanions() time.Duration { return max(o.limitOfCompanions(), justRead) }

// recheck is the numbers of a plan as they were read for it, and again before they
// are sent. It is safe for concurrent use.
type recheck struct {
	job           *Job
	before, after *current.Readings // of the numbers that were read again
	// known is what earlier runs tell of preconditions that the API does not show, by number.
	mu    sync.Mutex
	known map[string]map[string]string
	again map[string]mark // when the numbers that were read again began to be

	began mark // when it was seen last which readings are too old
}

// mark is a moment of a run: its time, and how many requests there had been.
type mark struct {
	at       time.Time
	requests int
}

func newRecheck(job *Job) *recheck {
	return &recheck{
		job: job, before: current.NewReadings(store.ForPlan, nil), after: current.NewReadings(store.ForSending, nil),
		known: map[string]map[string]string{}, again: map[string]mark{},
	}
}

// readStale reads the numbers again whose readings are too old for their rows to
// be sent: a question may have waited long for its answer.
func (r *recheck) readStale(ctx context.Context, tasks Tasks) error {
	if r.job.ReadsNothing { // and has nothing to read again
		return nil
	}
	numbers := map[string]struct{}{}
	for p, err := range r.job.Rows.All() {
		if err != nil {
			return result.StopFor(result.StoppedByInput, err)
		}
		if r.stale(p, tasks) {
			numbers[p.Number] = struct{}{}
		}
	}
	err := r.read(ctx, numbers)
	r.began = r.now()
	return err
}

// now is this moment.
func (r *recheck) now() mark {
	tokens, others := r.job.Requests.Count()
	return mark{r.job.WallClock(), tokens + others}
}

// lost is how much time has gone by since then in which nothing was sent at the rate: by a pause, a
// hold, an outage, or because the machine slept. What each worker sends now is not counted yet.
func (r *recheck) lost(since mark) time.Duration {
	now := r.now()
	return now.at.Sub(plan.Sent(r.job.Reader.API.Gate().Rate(), since.at, now.requests-since.requests+r.job.Workers))
}

// aged reports whether the reading of a row's number has become too old for the row to leave by what it was lost in
// meanwhile. The time in which other rows were sent does not count: a run that goes on at its rate reads its numbers
// before it begins. For companions it counts too, beside what was lost, of which a minute is enough.
func (r *recheck) aged(p plan.Row) bool {
	if r.job.ReadsNothing {
		return false
	}
	limit := r.job.limit(p, r.job.strict(p))
	at, lost := p.ReadAt, r.lost(r.began)
	is, read := r.after.Get(p.Number)
	if read {
		r.mu.Lock()
		at, lost = is.At, r.lost(r.again[p.Number])
		r.mu.Unlock()
	}
	age := r.job.WallClock().Sub(at)
	switch {
	case p.Accompanied():
		return age > r.job.FreshCompanions() || min(age, lost) > justRead
	case read:
		return min(age, lost) > max(limit, justRead)
	default:
		return r.began.at.Sub(at)+lost > limit
	}
}

// stale reports whether a row is to be sent whose number must be read again
// first. A run that reads nothing has nothing to read again.
func (r *recheck) stale(p plan.Row, tasks Tasks) bool {
	if r.job.ReadsNothing || tasks(p) != Send {
		return false
	}
	at, limit := p.ReadAt, r.job.limit(p, r.job.strict(p))
	if is, read := r.after.Get(p.Number); read {
		at, limit = is.At, max(limit, justRead)
	}
	now := r.job.WallClock()
	return now.Sub(at) > limit || plan.InFuture(at, now)
}

// read reads numbers again, beside what was read of them for the plan. Readings in between do not count: they may have
// seen what the run itself did. What was read again of other numbers stays.
func (r *recheck) read(ctx context.Context, numbers map[string]struct{}) error {
	if len(numbers) == 0 {
		return nil
	}
	after, began := current.NewReadings(store.ForSending, r.job.Log.Record), r.now()
	before, err := current.Before(ctx, r.job.Rows.Store, r.job.Rows.Run, func(number string) bool {
		_, wanted := numbers[number]
		return wanted
	})
	if err != nil {
		return err
	}
	if _, err = r.job.Reader.Read(ctx, after, maps.Clone(numbers)); err != nil {
		return err
	}
	r.mu.Lock()
	for number := range numbers {
		r.again[number] = began
	}
	r.mu.Unlock()
	r.before.Merge(before)
	r.after.Merge(after)
	return r.recall(ctx, numbers)
}

// recall finds what earlier runs tell of preconditions that the API does not show of these numbers: another run may
// have changed them since the plan was made.
func (r *recheck) recall(ctx context.Context, numbers map[string]struct{}) error {
	wanted := map[string][]string{}
	for p, err := range r.job.Rows.Where(func(p plan.Row) bool {
		_, read := numbers[p.Number]
		return read && p.Sent() && !p.If.IsZero()
	}) {
		if err != nil {
			return result.StopFor(result.StoppedByInput, err)
		}
		r.mu.Lock()
		delete(r.known, p.Number)
		r.mu.Unlock()
		if is, read := r.after.Get(p.Number); read && is.State != nil {
			wanted[p.Number] = is.State.Untold(p.If)
		}
	}
	known, err := r.job.Known(ctx, wanted)
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.Copy(r.known, known)
	return err
}

// foundInSync is what is said of a row that was in doubt and whose number is in sync.
const foundInSync = "found in sync, order id unknown"

// judge says what became of a row by what was found since it was planned, or that it is still to be sent: it may be
// protected by a cutover that came later, and its number may have been read again.
func (r *recheck) judge(p plan.Row, task Task) (outcome result.Result, settled bool) {
	if task == judge {
		task = Settle
	}
	why := r.job.Protected.Against(p.Number, p.Changes)
	newer := r.job.Later.Against(p)
	is, read := r.after.Get(p.Number)
	if why == "" && newer == "" && !read { // nothing was found
		return outcome, false
	}
	outcome = result.Result{Row: p.Row, Line: p.Line, Number: p.Number, Changes: p.ChangesText()}
	if why != "" && task == Send {
		outcome.Status, outcome.Error = result.Conflict, why
		return outcome, true
	}
	if !read {
		return overtaken(outcome, newer, task)
	}
	was, _ := r.before.Get(p.Number)
	switch {
	case is.State == nil && task == Settle:
		outcome.Status, outcome.Error = result.Unknown, "it may have been applied, and cannot be read: "+is.Error
		return outcome, true
	case is.State == nil:
		outcome.Status, outcome.Error = result.Failed, is.Error
		return outcome, true
	case was.State == nil:
		was.State = new(settings.State)
	}
	decide := p.Recheck
	if task == Settle {
		decide = p.Settle
	}
	r.mu.Lock()
	known := r.known[p.Number]
	r.mu.Unlock()
	outcome.Status, outcome.Error = decide(*was.State, *is.State, known)
	if outcome.Status == result.Unchanged && task == Settle {
		outcome.Status, outcome.Error = result.Updated, foundInSync
	}
	if outcome.Status == result.Unchanged {
		outcome.Changes = ""
	}
	if outcome.Status == result.Planned {
		return overtaken(outcome, newer, task)
	}
	return outcome, true
}

// overtaken is a row on whose number a later run has the newer word, if one has.
func overtaken(outcome result.Result, newer string, task Task) (_ result.Result, settled bool) {
	switch {
	case newer == "":
		return outcome, false
	case task == Settle:
		outcome.Status, outcome.Error = result.Unknown, "it may have been applied; it is not sent again, because "+newer
	default:
		outcome.Status, outcome.Error = result.Conflict, newer
	}
	return outcome, true
}

// Stale reports whether the number of a row must be read again before it is sent:
// its reading is too old, and no wave looks for itself.
func (s *Sender) Stale(p plan.Row, tasks Tasks) bool {
	return len(s.Plan.Waves) == 0 && s.recheck.stale(p, tasks)
}

// Old reports whether the reading by which the plan found a row in sync is too old to
// be told again. touched tells that another run may have sent the number since.
func (s *Sender) Old(p plan.Row, touched bool) bool {
	if s.ReadsNothing || s.TokenOnly || p.Status != result.Unchanged || p.ReadAt.IsZero() {
		return false
	}
	now := s.WallClock()
	return touched || now.Sub(p.ReadAt) > s.limit(p, s.strict(p)) || plan.InFuture(p.ReadAt, now)
}

// ReadOf is what was read again of a number.
func (s *Sender) ReadOf(number string) (store.Reading, bool) { return s.recheck.after.Get(number) }

// Fresh is how old a reading may be that an earlier execution made for the plan.
func (o Options) Fresh(conditional, inWaves bool) time.Duration {
	return o.limit(plan.Row{}, conditional || inWaves)
}

// ReadAgain reads numbers again before their rows are sent.
func (s *Sender) ReadAgain(ctx context.Context, numbers map[string]struct{}) error {
	return s.recheck.read(ctx, numbers)
}
