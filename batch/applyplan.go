package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
)

// ApplyPlan carries out a plan that an earlier [DryRun] made, exactly as it was
// agreed, in its folder, and once. The numbers are read again first: one that
// moved since is a [Conflict] and is not sent, one that is as asked by now is
// [Unchanged]. Of the configuration counts what says how to reach the API, how
// fast, and the guards. Returns are those of [Apply]; a plan that cannot be
// applied is a [RefusedError].
func ApplyPlan(ctx context.Context, cfg Config, folder string, maxAge time.Duration) (*Run, error) {
	run, err := claim(ctx, cfg, folder)
	if err != nil {
		return nil, err
	}
	defer run.dir.Unlock()
	if err := run.applicable(cfg, maxAge); err != nil {
		return nil, err
	}
	cfg.Guards = run.Identity.Guards.and(cfg.Guards, false)
	cfg.Release = allReleased(run.Identity.Release, cfg.Release)
	e, err := reopen(cfg, run)
	if err != nil {
		return nil, err
	}
	return e.execute(ctx, func(ctx context.Context) (Stop, error) {
		if err := e.check(ctx); err != nil {
			return Stop{}, err
		}
		if e.protected, err = e.protect(ctx, e.asksOfPlan()); err != nil {
			return Stop{}, err
		}
		if err := e.readAgain(ctx); err != nil {
			return Stop{}, err
		}
		if err := e.sliceAgain(run); err != nil {
			return Stop{}, err
		}
		return e.carryOut(ctx, run.plan)
	})
}

// applicable refuses a plan that was not made for this, or is out of date.
func (r *Run) applicable(cfg Config, maxAge time.Duration) error {
	var refused []Refusal
	refuse := func(flag, format string, args ...any) {
		refused = append(refused, Refusal{What: fmt.Sprintf("the plan "+format, args...), Flag: flag})
	}
	switch why := r.foreign(Identity{Account: cfg.Account, API: cfg.API}); {
	case why != "":
		refuse("", "%s", why)
	case r.applied:
		refuse("", "was applied already; what is left of it goes on with: bulknum resume %s", r.Identity.Name)
	case r.Identity.All:
		refuse("", "was made without reading anything")
	case len(cfg.Waves.Sizes) > 0 && (cfg.Waves.String() != r.Identity.Waves || cfg.Waves.Max != r.Identity.MaxWave):
		refuse("", "was not made with these waves: they belong to the plan, and are given when it is made")
	default:
		if age := time.Since(r.plan.MadeAt); age > maxAge {
			refuse("--max-plan-age", "was made %s ago, more than %s", age.Round(time.Second), maxAge)
		}
		if err := r.intact(); err != nil {
			refuse("", "is not as it was made: %v", err)
		}
	}
	if len(refused) > 0 {
		return &RefusedError{Refusals: refused}
	}
	return nil
}

// intact compares plan.jsonl with the hash in the journal.
func (r *Run) intact() error {
	digests, err := r.digests()
	if err != nil {
		return err
	}
	if got := hashOf(slices.Collect(maps.Keys(digests))); got != r.plan.Hash {
		return fmt.Errorf("its hash is %s, the journal says %s", got, r.plan.Hash)
	}
	return nil
}

// reopen returns another execution in the folder of a run.
func reopen(cfg Config, run *Run) (*engine, error) {
	var err error
	if cfg.Waves, err = run.Identity.waves(); err != nil {
		return nil, err
	}
	journal, err := run.dir.ReopenJournal()
	if err != nil {
		return nil, err
	}
	requests, err := run.dir.AppendLog(rundir.RequestsFile)
	if err != nil {
		return nil, errors.Join(err, journal.Close())
	}
	e := newEngine(cfg, run.dir, journal, requests)
	e.me = &run.Identity
	if run.plan != nil {
		e.made, e.plannedAt = run.plan, run.plan.MadeAt
	}
	e.cfg.Job = run.Identity.Job
	return e, nil
}

// recheck are the numbers of a plan as they were read for it, and again before
// it is sent.
type recheck struct {
	before, after *states
}

// readAgain reads the numbers that the plan would change.
func (e *engine) readAgain(ctx context.Context) error {
	numbers := map[string]struct{}{}
	for p, err := range planRows(e.dir) {
		if err != nil {
			return err
		}
		if p.sent() {
			numbers[p.Number] = struct{}{}
		}
	}
	return e.readThese(ctx, numbers)
}

// readThese reads numbers again, beside what was read of them for the plan.
// Readings in between do not count: they may have seen what the run itself did.
func (e *engine) readThese(ctx context.Context, numbers map[string]struct{}) error {
	if len(numbers) == 0 {
		return nil
	}
	before, err := openStates(e.dir, func(l stateLine) bool {
		_, wanted := numbers[l.Number]
		return wanted && !l.At.After(e.plannedAt)
	})
	if err != nil {
		return err
	}
	if e.again != nil {
		err = e.again.close()
	}
	earlier := e.again
	e.again = &recheck{before: before, after: before.anew()}
	if err != nil {
		return err
	}
	if _, err = e.read(ctx, e.again.after, numbers); err == nil && earlier != nil {
		e.again.keep(earlier)
	}
	return err
}

// keep takes over what was read again before: it still counts for rows that were
// not sent since.
func (r *recheck) keep(earlier *recheck) {
	r.before.keep(earlier.before)
	r.after.keep(earlier.after)
}

// close closes what was read.
func (r *recheck) close() error { return r.before.close() }

// foundAsAsked is what is said of a row that was in doubt and whose number is as
// asked.
const foundAsAsked = "found as asked, order id unknown"

// moved says what became of a row by what was read again, or that it is still
// to be sent.
func (e *engine) moved(p PlanRow, do task) (r Result, settled bool, err error) {
	if r, undoes := e.undoes(p, do); undoes || e.again == nil {
		return r, undoes, nil
	}
	is, read, err := e.again.after.get(p.Number)
	if err != nil || !read {
		return r, false, err
	}
	was, _, err := e.again.before.get(p.Number)
	if err != nil {
		return r, false, err
	}
	r = Result{Row: p.Row, Line: p.Line, Number: p.Number, Changes: p.changesText()}
	switch {
	case is.State == nil && do == toSettle:
		r.Status, r.Error = Unknown, "it may have been applied, and cannot be read: "+is.Error
		return r, true, nil
	case is.State == nil:
		r.Status, r.Error = Failed, is.Error
		return r, true, nil
	case was.State == nil:
		was.State = new(settings.State)
	}
	r.Status, r.Error = p.against(*was.State, *is.State)
	if r.Status == Unchanged && do == toSettle {
		r.Status, r.Error = Updated, foundAsAsked
	}
	return r, r.Status != Planned, nil
}

// against judges a planned row by its number's settings as they were when the
// plan was made, and as they are: [Conflict] when a field is neither as it was
// nor as asked, [Unchanged] when all are as asked by now, else [Planned].
func (p PlanRow) against(was, is settings.State) (Status, string) {
	same := true
	for _, c := range p.Changes {
		field, _ := settings.Lookup(c.Field)
		before, shownBefore := was.Get(c.Field)
		now, shown := is.Get(c.Field)
		if shown == shownBefore && field.Same(now, before) {
			continue
		}
		same = false
		if shown && shownBefore && !field.Same(now, c.New) {
			return Conflict, fmt.Sprintf("%s is %q now, and was %q when the plan was made", c.Field, now, before)
		}
	}
	if !same && len(settings.Diff(settings.FromChanges(p.Changes), is)) == 0 {
		return Unchanged, ""
	}
	return Planned, ""
}
