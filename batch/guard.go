package batch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
)

// measure measures the plan by its guards, before any of it is sent.
func (e *engine) measure(ctx context.Context, p *plan.Plan) ([]guard.Check, error) {
	facts, err := e.run().Facts(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	if facts.PreviousInput == e.me.Input.SHA256 && !facts.Rollback {
		e.emit(event.Noticed{Detail: "the input is byte for byte that of run " + facts.PreviousRun})
	}
	facts.Changing = e.changing()
	checks, err := guard.Measure(e.cfg.Guards, p, facts)
	if err != nil {
		return nil, err
	}
	called, err := e.measureCalls(ctx, p)
	if err != nil || e.cfg.Approved == "" {
		return append(checks, called...), err
	}
	approval, err := e.measureApproval(ctx, facts)
	return slices.Concat(checks, called, approval), err
}

// guard refuses a plan for which a guard does not hold.
func (e *engine) guard(ctx context.Context, p *plan.Plan) error {
	checks, err := e.measure(ctx, p)
	if err != nil {
		return err
	}
	return guard.Enforce(checks)
}

// guardRest refuses to go on with a plan that began to be sent, for a guard that
// concerns what is left of it.
func (e *engine) guardRest(ctx context.Context, p *plan.Plan) error {
	facts := guard.Facts{All: e.me.All, Rollback: e.me.RollbackOf != "", Changing: e.changing()}
	checks, err := guard.MeasureRest(e.cfg.Guards, p, facts)
	if err != nil {
		return err
	}
	more, err := e.measureCalls(ctx, p)
	if err != nil {
		return err
	}
	return guard.Enforce(append(checks, more...))
}

// changing gives the rows that are still to be sent.
func (e *engine) changing() iter.Seq2[plan.Row, error] {
	return e.planned().Where(func(p plan.Row) bool { return e.task(p) != nothing })
}

// measureCalls measures what the API has to be asked for: whose the account is, and
// the routes, whose names the plan learns.
func (e *engine) measureCalls(ctx context.Context, p *plan.Plan) ([]guard.Check, error) {
	checks, err := guard.MeasureAccount(ctx, e.cfg.Guards, e.is.Account, e.cfg.Account, e.reader)
	if err == nil {
		err = e.readRoutes(ctx)
	}
	p.AddRoutes(e.routes.Names())
	return append(checks, e.routes.Measure()...), err
}

// readRoutes reads the routes to which rows would move numbers, once, if that was
// asked for.
func (e *engine) readRoutes(ctx context.Context) (err error) {
	if e.cfg.CheckRoutes && e.routes == nil {
		e.routes, err = guard.ReadRoutes(ctx, e.reader, e.changing())
	}
	return err
}

// foretell tells which guards would refuse a plan, when it is only made.
func (e *engine) foretell(ctx context.Context, p *plan.Plan) error {
	err := e.guard(ctx, p)
	refused, ok := errors.AsType[*guard.RefusedError](err)
	if !ok {
		return err
	}
	for _, r := range refused.Refusals {
		e.emit(event.Noticed{Detail: "apply would refuse it: " + r.What})
	}
	return nil
}

// measureApproval compares the plan with the one that was approved.
func (e *engine) measureApproval(ctx context.Context, facts guard.Facts) ([]guard.Check, error) {
	failed := func(err error) ([]guard.Check, error) { return nil, fmt.Errorf("the approved plan: %w", err) }
	approved, err := e.cfg.runs().Open(ctx, e.cfg.Approved)
	if err != nil {
		return failed(err)
	}
	why, err := e.cfg.unusable(ctx, approved)
	if err != nil {
		return nil, err
	}
	if why != "" {
		what := fmt.Sprintf("the plan of %s %s: make one here, and have that approved", approved.Identity.Name, why)
		return []guard.Check{{Measured: what}}, nil
	}
	agreed, err := approved.Planned().Digests()
	if err != nil {
		return failed(err)
	}
	return guard.Approval{
		Run: approved.Identity.Name, MadeAt: approved.Plan.MadeAt, MaxAge: e.cfg.ApprovedMaxAge, Digests: agreed,
	}.Measure(facts)
}
