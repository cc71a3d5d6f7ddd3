package batch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store"
)

// ApplyPlan carries out a plan that an earlier [DryRun] made, exactly as it was
// agreed, and once. maxAge is how long ago it may have been made; an older one is refused. A number
// whose row is to be sent is read again first if its reading is older than the configuration's Recheck (0:
// [send.ConditionalRecheck]; 1 ns: always), or if another run may have sent it since: one that
// moved, or does not meet its row's preconditions any more, is a [result.Conflict]
// and is not sent, one that is in sync by now is
// [result.Unchanged]. Of a number that the plan found in sync nothing is sent; it is read again as by [Resume], after
// [send.DefaultRecheck].
// Of the configuration counts what says how to reach the API, how
// fast, and the guards. Returns are those of [Apply]; a plan that cannot be
// applied is a [guard.RefusedError].
func ApplyPlan(ctx context.Context, cfg Config, name string, maxAge time.Duration) (_ *runs.Run, err error) {
	cfg.Access = cfg.complete()
	if err := cfg.invalidSending(); err != nil {
		return nil, err
	}
	run, lock, err := claim(ctx, cfg, name)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	sent := run.Applied
	defer func() { guard.SentBefore(err, sent) }()
	if err := applicable(ctx, cfg, run, maxAge); err != nil {
		return nil, err
	}
	run.Identity.DryRun = false
	e := reopen(cfg, run, lock)
	return e.execute(ctx, e.fromPlan)
}

// fromPlan reads the numbers of the run's plan again whose readings do not count any more, and carries it out.
func (e *execution) fromPlan(ctx context.Context) (result.Stop, error) {
	if err := e.check(ctx); err != nil {
		return result.Stop{}, err
	}
	if err := sameNames(ctx, e); err != nil {
		return result.Stop{}, err
	}
	if _, err := e.nameAccount(ctx); err != nil {
		return result.Stop{}, err
	}
	e.Emit(event.PlanResumed{Plan: e.run.Plan, Counts: e.run.Plan.Counts})
	sender, err := e.replan(ctx, send.New)
	if err != nil {
		return result.Stop{}, err
	}
	sender.Agreed = true
	started, err := e.lookAgain(ctx, send.New)
	if err != nil {
		return result.Stop{}, err
	}
	return e.carryOut(ctx, started)
}

// replan takes over a plan of an earlier execution, with its waves, and what must not
// be changed back by now.
func (e *execution) replan(ctx context.Context, tasks send.Tasks) (sender *send.Sender, err error) {
	var waveOf map[int]int
	if len(e.run.Plan.Waves) > 0 {
		if waveOf, err = e.cfg.Store.WaveOf(ctx, e.run.Stored.ID); err != nil {
			return nil, err
		}
	}
	sender = e.planned(waveOf)
	sender.Protected, err = protect.Find(ctx, e.run, e.cfg.Unprotect, asksOfPlan(e.run.Planned(), tasks))
	return sender, err
}

// applicable refuses a plan that was not made for this, or is out of date.
func applicable(ctx context.Context, cfg Config, r *runs.Run, maxAge time.Duration) error {
	var checks []guard.Check
	refuse := func(format string, args ...any) {
		checks = append(checks, guard.Check{Measured: fmt.Sprintf("the plan "+format, args...)})
	}
	whose, err := cfg.unusable(ctx, r)
	if err != nil {
		return err
	}
	switch why := whose; {
	case why != "":
		refuse("%s", why)
	case r.Applied:
		checks = append(checks, guard.Check{Measured: "the plan was applied already", Applied: r.Folder()})
	case r.Identity.All:
		refuse("was made without reading anything")
	case len(cfg.Waves) > 0 && (!slices.Equal(cfg.Waves, r.Identity.Waves) || cfg.MaxWave != r.Identity.MaxWave):
		refuse("was not made with these waves: they belong to the plan, and are given when it is made")
	default:
		checks = guard.MeasureAge(guard.MaxPlanAge, "the plan", r.Plan.MadeAt, maxAge)
		gap, err := r.In.LastGap(ctx, r.Stored.Account.ID)
		if err != nil {
			return err
		}
		if r.Forgets(gap) {
			refuse("was made before the store was put back: what was done meanwhile is not known, make it anew")
		}
		if err := r.Planned().Intact(r.Plan); err != nil {
			refuse("is not as it was made: %v", err)
		}
	}
	return guard.Enforce(checks)
}

// reopen returns another execution of a run whose lock is held, by the options that
// the run has.
func reopen(cfg Config, run *runs.Run, lock store.Lock) *execution {
	cfg.Job, cfg.PlanOptions = run.Identity.Job, run.Identity.With(cfg.PlanOptions, run.Applied)
	e := newExecution(cfg, run, lock)
	e.again = time.Now()
	return e
}
