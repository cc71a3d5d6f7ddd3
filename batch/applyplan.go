package batch

import (
	"context"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// ApplyPlan carries out a plan that an earlier [DryRun] made, exactly as it was
// agreed, and once. The numbers are read again first: one that
// moved since, or does not meet its row's preconditions any more, is a [result.Conflict]
// and is not sent, one that is as asked by now is
// [result.Unchanged]. Of the configuration counts what says how to reach the API, how
// fast, and the guards. Returns are those of [Apply]; a plan that cannot be
// applied is a [guard.RefusedError].
func ApplyPlan(ctx context.Context, cfg Config, name string, maxAge time.Duration) (*runs.Run, error) {
	run, lock, err := claim(ctx, cfg, name)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := applicable(ctx, cfg, run, maxAge); err != nil {
		return nil, err
	}
	cfg.Guards = run.Identity.Guards.And(cfg.Guards, false)
	cfg.CheckRoutes = cfg.CheckRoutes || run.Identity.CheckRoutes
	cfg.Release = allReleased(run.Identity.Release, cfg.Release)
	e, err := reopen(cfg, run, lock)
	if err != nil {
		return nil, err
	}
	return e.execute(ctx, func(ctx context.Context) (result.Stop, error) {
		if err := e.check(ctx); err != nil {
			return result.Stop{}, err
		}
		if err := e.nameAccount(ctx); err != nil {
			return result.Stop{}, err
		}
		e.emit(event.PlanResumed{Plan: run.Plan, Counts: run.Plan.Counts})
		if e.protected, err = protect.Find(ctx, e.cfg.runs(), e.is, e.cfg.Release, e.asksOfPlan()); err != nil {
			return result.Stop{}, err
		}
		if err := e.readAgain(ctx); err != nil {
			return result.Stop{}, err
		}
		if err := e.sliceAgain(ctx, run); err != nil {
			return result.Stop{}, err
		}
		return e.carryOut(ctx, run.Plan)
	})
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
		refuse("was applied already; what is left of it goes on with: bulknum resume %s", r.Identity.Name)
	case r.Identity.All:
		refuse("was made without reading anything")
	case len(cfg.Waves.Sizes) > 0 && (cfg.Waves.String() != r.Identity.Waves || cfg.Waves.Max != r.Identity.MaxWave):
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

// reopen returns another execution of a run whose lock is held.
func reopen(cfg Config, run *runs.Run, lock store.Lock) (*engine, error) {
	var err error
	if cfg.Waves, err = run.Identity.WavesAsked(); err != nil {
		return nil, err
	}
	e := newEngine(cfg)
	e.is, e.me, e.lock, e.log.Run = run.Stored, &run.Identity, lock, run.Stored.ID
	if run.Plan != nil {
		e.made, e.plannedAt = run.Plan, run.Plan.MadeAt
	}
	e.cfg.Job = run.Identity.Job
	return e, nil
}

// readAgain reads the numbers that the plan would change.
func (e *engine) readAgain(ctx context.Context) error {
	numbers := map[string]struct{}{}
	for p, err := range e.planned().All() {
		if err != nil {
			return err
		}
		if p.Sent() {
			numbers[p.Number] = struct{}{}
		}
	}
	return e.readThese(ctx, numbers)
}
