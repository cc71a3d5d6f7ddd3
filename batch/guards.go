package batch

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store"
)

// measure measures the plan by its guards, before any of it is sent.
func measure(ctx context.Context, e *execution) ([]guard.Check, error) {
	facts, err := e.run.Facts(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	if facts.PreviousInput == e.run.Identity.OwnSHA256() && !facts.Rollback {
		e.Emit(event.Noticed{Detail: "the input is byte for byte that of run " + facts.PreviousRun, Good: true})
	}
	checks, err := guard.Measure(e.cfg.Guards, e.run.Plan, facts)
	if err != nil {
		return nil, err
	}
	sims, err := measureSIMs(e)
	if err != nil {
		return nil, err
	}
	checks = append(checks, sims...)
	called, err := measureCalls(ctx, e, facts.Changing)
	if err != nil || e.cfg.Approved == "" {
		return append(checks, called...), err
	}
	approval, err := measureApproval(ctx, e, facts)
	return slices.Concat(checks, called, approval), err
}

// measureSIMs measures in which order rows hand on their SIMs.
func measureSIMs(e *execution) ([]guard.Check, error) {
	if !e.run.Plan.HandsOnSIMs() {
		return nil, nil
	}
	chains, err := plan.ChainsOf(e.run.Planned().Where(plan.Row.Sent))
	return guard.MeasureSIMs(chains, e.run.Identity.Options.AllowSharedICCID), err
}

// guard refuses a plan for which a guard does not hold.
func (e *execution) guard(ctx context.Context) error {
	checks, err := measure(ctx, e)
	if err != nil {
		return err
	}
	return guard.Enforce(checks)
}

// guardRest refuses to go on with a plan that began to be sent, for a guard that
// concerns what is left of it.
func (e *execution) guardRest(ctx context.Context, tasks send.Tasks) error {
	facts, err := e.run.Facts(ctx, time.Now())
	if err != nil {
		return err
	}
	facts.Changing = e.run.Planned().Where(tasks.Changing)
	checks, err := guard.MeasureRest(e.cfg.Guards, e.run.Plan, facts)
	if err != nil {
		return err
	}
	more, err := measureCalls(ctx, e, facts.Changing)
	if err != nil {
		return err
	}
	checks = append(checks, more...)
	if e.readAgain && e.cfg.Approved != "" { // what was decided since was not approved yet
		if more, err = measureApproval(ctx, e, facts); err != nil {
			return err
		}
		checks = append(checks, more...)
	}
	return guard.Enforce(checks)
}

// measureCalls measures what the API has to be asked for: whose the account is, and
// the routes, whose names the plan learns.
func measureCalls(ctx context.Context, e *execution, changing iter.Seq2[plan.Row, error]) ([]guard.Check, error) {
	checks, err := guard.MeasureAccount(ctx, e.cfg.Guards, e.run.Stored.Account, e.cfg.Account, e.reader)
	if err == nil {
		err = e.readRoutes(ctx, e.run.Plan, changing)
	}
	if err == nil {
		err = readSubscribers(ctx, e, changing)
	}
	e.run.Plan.AddRoutes(beside(e))
	return slices.Concat(checks, e.routes.Measure(), e.subscribers.Measure()), err
}

// readRoutes reads the routes to which rows would move numbers, once, if that was
// asked for or costs little.
func (e *execution) readRoutes(ctx context.Context, p *plan.Plan, changing iter.Seq2[plan.Row, error]) error {
	if e.routes != nil || e.cfg.TokenOnly || !p.ChangesRoutes() {
		return nil
	}
	routes, err := guard.RoutesOf(changing, e.directory)
	if err != nil {
		return err
	}
	return checkRoutes(ctx, e, p, routes)
}

// checkRoutes does so for routes that were found as the rows were decided.
func checkRoutes(ctx context.Context, e *execution, p *plan.Plan, routes *guard.Routes) error {
	if e.cfg.TokenOnly || !p.ChangesRoutes() {
		return nil
	}
	e.routes = routes
	tokens, requests := e.requests.Count()
	switch {
	case e.cfg.CheckRoutes:
		return e.routes.Read(ctx, e.reader)
	case e.cfg.CheckRoutesIfCheap && e.routes.Cheap(tokens+requests):
		unread, err := e.routes.ReadIfCheap(ctx, e.reader)
		if unread != "" {
			e.Emit(event.Noticed{Detail: unread})
		}
		return err
	}
	return nil
}

// readSubscribers reads the subscribers whom rows would assign numbers to, once, if that was asked for.
func readSubscribers(ctx context.Context, e *execution, changing iter.Seq2[plan.Row, error]) (err error) {
	if e.cfg.CheckSubscribers && e.subscribers == nil {
		e.subscribers, err = guard.ReadSubscribers(ctx, e.reader, changing)
	}
	return err
}

// beside is what is known of ids, to stand beside them: the names of routes, the accounts of subscribers.
func beside(e *execution) map[string]string {
	known := e.routes.Names()
	maps.Copy(known, e.subscribers.Accounts())
	return known
}

// sameNames refuses a plan whose names of routes mean others by now; of a run that began to be sent it only tells so: what is
// left of it goes where it was agreed to go, also where the API does not tell the names any more.
func sameNames(ctx context.Context, e *execution) error {
	if e.run.Applied && e.cfg.TokenOnly {
		return nil
	}
	moved, err := e.directory.Moved(ctx, e.run.Plan.Named, "when the plan was made")
	if stop, is := result.StopIn(err); is && stop.Reason == result.StoppedByAPI && e.run.Applied {
		moved, err = []string{"what names of routes mean now is not known: " + stop.Detail}, nil
	}
	if err != nil || !e.run.Applied {
		return cmp.Or(err, guard.EnforceNames(moved))
	}
	for _, what := range moved {
		e.Emit(event.Noticed{Detail: what + ": the rest goes where it was agreed to go"})
	}
	return nil
}

// foretell tells and records what the guards measured of a plan that is only made.
func (e *execution) foretell(ctx context.Context) error {
	checks, err := measure(ctx, e)
	if err != nil {
		return err
	}
	me := e.run.Identity
	checks = guard.Foresee(e.cfg.Guards, e.run.Plan, me.All || me.RollbackOf != "", checks)
	for _, r := range guard.Refusals(checks, false) {
		e.Emit(event.Noticed{Detail: "apply would refuse it: " + r.What()})
	}
	for _, r := range guard.Refusals(checks, true) {
		e.Emit(event.Noticed{Detail: "apply would refuse it at night: " + r.What()})
	}
	return e.log.Milestone(store.Foretold, time.Now(), checks)
}

// measureApproval compares the plan with the one that was approved.
func measureApproval(ctx context.Context, e *execution, facts guard.Facts) ([]guard.Check, error) {
	failed := func(err error) ([]guard.Check, error) { return nil, fmt.Errorf("the approved plan: %w", err) }
	approved, err := e.run.In.Open(ctx, e.cfg.Approved)
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

// What a run may need of the disk, in bytes: for each row, for each byte of its
// input (its copies, and what is made of it), and besides.
const (
	spaceOfRow   = 1 << 10
	spaceOfInput = 3
	spaceBesides = 32 << 20
)

// guardSpace refuses to begin where less than twice of what a run may need is
// free.
func guardSpace(e *execution) error {
	of, ok := e.cfg.Store.(store.Space)
	if !ok || e.cfg.IgnoreFreeSpace || e.cfg.Client == nil || e.run.Identity.RollbackOf != "" { // a rollback begins on a full disk too
		return nil
	}
	free, ok := of.FreeSpace()
	need := 2 * (int64(e.counts.Rows)*spaceOfRow + spaceOfInput*e.run.Identity.Input.Bytes + spaceBesides)
	if !ok || free >= need {
		return nil
	}
	return guard.Enforce([]guard.Check{{Guard: guard.FreeSpace, Measured: fmt.Sprintf(
		"the disk of %s has %s free, and twice what the run may need is %s",
		e.cfg.RunsDir, megabytes(free), megabytes(need))}})
}

func megabytes(bytes int64) string { return fmt.Sprintf("%d MB", bytes>>20) }
