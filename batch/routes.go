package batch

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/client"
)

// route is where rows would move their numbers.
type route struct {
	field, id string
}

// destination is a route with the rows that would move numbers there, and what
// the API tells of it.
type destination struct {
	route
	rows  int
	lines []int // of the first of them
	name  string
	// trouble is why no number may move there; "" when there is nothing.
	trouble string
	unread  bool // that is because nobody could say
}

// checkRoutes reads every route that rows of the plan would move numbers to,
// once, if that was asked for. An error is a [result.Stop], or the context's.
func (e *engine) checkRoutes(ctx context.Context) error {
	if !e.cfg.CheckRoutes || e.destinations != nil {
		return nil
	}
	found, err := e.findDestinations()
	if err != nil {
		return err
	}
	for i := range found {
		if err := found[i].look(ctx, e.reader); err != nil {
			return err
		}
	}
	e.destinations = found
	return nil
}

// findDestinations are those of the rows that are still to be sent, in the order
// in which the plan has them.
func (e *engine) findDestinations() ([]destination, error) {
	found := []destination{}
	places := map[route]int{}
	for p, err := range e.planned().Where(func(p plan.Row) bool { return e.task(p) != nothing }) {
		if err != nil {
			return nil, err
		}
		for _, c := range p.Changes {
			to := route{c.Field, c.New}
			if !isRoute(c.Field) || c.New == "" {
				continue
			}
			place, known := places[to]
			if !known {
				place = len(found)
				places[to] = place
				found = append(found, destination{route: to})
			}
			if found[place].rows++; len(found[place].lines) < plan.ShownLines {
				found[place].lines = append(found[place].lines, p.Line)
			}
		}
	}
	return found, nil
}

// isRoute reports whether a field has the id of a route.
func isRoute(field string) bool { return field == messageRoute || field == voiceRoute }

const (
	messageRoute = "MessageRouteId"
	voiceRoute   = "VoiceRouteId"
)

// activeRoute is the status of a voice route that works, where one is told.
const activeRoute = "Active"

// look reads the route. That the API does not tell it, or that it does not work,
// is data; only what concerns the whole run is an error.
func (d *destination) look(ctx context.Context, api *client.Reader) error {
	var err error
	if d.field == messageRoute {
		var told client.MessageRoute
		told, err = api.MessageRoute(ctx, d.id)
		d.name = told.RouteName
		if told.Enabled != nil && !*told.Enabled {
			d.trouble = "is disabled"
		}
	} else {
		var told client.VoiceRoute
		told, err = api.VoiceRoute(ctx, d.id)
		d.name = told.RouteName
		if told.Status != "" && !strings.EqualFold(told.Status, activeRoute) {
			d.trouble = "is " + told.Status
		}
	}
	if err == nil {
		return nil
	}
	if stop := ending(ctx, err); stop != nil {
		return stop
	}
	if call, ok := errors.AsType[*client.Error](err); ok && call.Kind == client.KindNotFound {
		d.trouble = "does not exist"
		return nil
	}
	d.trouble, d.unread = "cannot be read: "+oneLine(err), true
	return nil
}

// guardRoutes keeps numbers away from routes that do not work, and lets the plan
// know the names of those that do.
func (e *engine) guardRoutes(ctx context.Context, p *plan.Plan, refuse refuser) error {
	if err := e.checkRoutes(ctx); err != nil {
		return err
	}
	p.AddRoutes(e.routeNames())
	for _, d := range e.destinations {
		flag := ""
		if d.unread {
			flag = "--check-routes=false"
		}
		if d.trouble != "" {
			refuse(flag, "%s %s %s: %s", d.field, d.id, d.trouble, d.movers())
		}
	}
	return nil
}

// movers names the rows that would move numbers to the route.
func (d *destination) movers() string {
	if d.rows == 1 {
		return "1 row would move there, on " + plan.ListLines(d.lines, d.rows)
	}
	return fmt.Sprintf("%d rows would move there, on %s", d.rows, plan.ListLines(d.lines, d.rows))
}

// routeNames are the names of the routes that were read, by id.
func (e *engine) routeNames() map[string]string {
	names := map[string]string{}
	for _, d := range e.destinations {
		if d.name != "" {
			names[d.id] = d.name
		}
	}
	return names
}
