package batch

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/planner"
	"github.com/bulknum/bulknum/client"
)

// newPlanner returns what makes the run's plan.
func newPlanner(e *execution) *planner.Planner {
	return &planner.Planner{
		PlanOptions: e.cfg.PlanOptions, Run: e.run, Log: e.log,
		StateFile: e.cfg.StateFile, StateAt: e.cfg.StateAt, StateMaxAge: e.cfg.StateMaxAge,
		Warnings: e.warnings, Emit: e.Emit,
	}
}

// makePlan reads what must be read, decides every row, and has the whole of it on
// the disk. The routes are read before what it costs is told.
func (e *execution) makePlan(ctx context.Context) error {
	first, err := e.nameAccount(ctx)
	if err != nil {
		return err
	}
	p := newPlanner(e)
	p.MaxAge = e.cfg.Fresh(e.run.File.Conditional(), len(e.cfg.Waves) > 0)
	p.Read = func(ctx context.Context, known *current.Readings, numbers, named map[string]struct{}) (plan.Reading, error) {
		if err := awaitLate(ctx, e); err != nil {
			return plan.Reading{}, err
		}
		reader := e.numbers()
		reader.First, reader.Named, reader.Listed = first, named, p.Listed
		return reader.Read(ctx, known, numbers)
	}
	routes := guard.NewRoutes(e.directory)
	p.Sends = routes.Add
	draft, err := p.Decide(ctx)
	if err != nil {
		return err
	}
	made, err := draft.Plan(ctx)
	if err != nil {
		return err
	}
	if err := checkRoutes(ctx, e, made, routes); err != nil {
		return err
	}
	if err := readSubscribers(ctx, e, draft.Sent()); err != nil {
		return err
	}
	if err := noteIncluded(ctx, e.run.Identity.Included, e.directory, made); err != nil {
		return err
	}
	made.Named = e.directory.Named()
	made.AddRoutes(e.cfg.beside)
	made.AddRoutes(beside(e)) // what is known by now wins
	if u := made.Reading.Unlisted; u != nil {
		made.AddRoutes(e.directory.NamesOf(u.Routes))
	}
	tokens, requests := e.requests.Count()
	made.Budget = made.Cost(slower(e.cfg.Rate, e.Gate().Rate()), e.cfg.Hours, e.cfg.FreshCompanions(), tokens, requests, tokenLife(ctx, e.reader, made.Reading))
	e.run.Plan = made
	waveOf, err := draft.Slice(made)
	if err != nil {
		return err
	}
	sender := e.planned(waveOf)
	made.RollbackWindow = sender.RollbackWindow()
	made.SecondPass = sender.SecondPassAhead()
	made.Nights = plan.NightsOf(e.cfg.Hours, made.MadeAt, made.Ends())
	made.Notes = append(made.Notes, sender.Overhead(0).Notes()...)
	if err := draft.Record(made, waveOf); err != nil {
		return err
	}
	e.Emit(event.PlanMade{Plan: made})
	for _, note := range made.Notes[len(p.Warnings.All()):] { // the check has told the others
		if !note.Aside {
			e.Emit(event.Noticed{Detail: note.String()})
		}
	}
	return nil
}

// tokenLife is how long a token is good that the reading needed; 0: nobody knows.
func tokenLife(ctx context.Context, reader *client.Reader, r plan.Reading) time.Duration {
	endpoint := client.EndpointInventory
	switch {
	case r.Pages > 0:
	case r.Singles > 0:
		endpoint = client.EndpointNumber
	default:
		return 0
	}
	info, err := reader.Token(ctx, endpoint) // it is there: nothing is sent
	if err != nil {
		return 0
	}
	return info.Life
}
