package guard

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
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

// Routes are those to which rows would move numbers, in the order in which the plan
// has them.
type Routes []destination

// ReadRoutes reads every route to which rows would move numbers, once. An error is a
// [result.Stop], or the context's.
func ReadRoutes(ctx context.Context, api *client.Reader, changing iter.Seq2[plan.Row, error]) (Routes, error) {
	found := Routes{}
	places := map[route]int{}
	for p, err := range changing {
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
	for i := range found {
		if err := found[i].look(ctx, api); err != nil {
			return nil, err
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

// look reads the route. That the API does not tell it, or that it does not work,
// is data; only what concerns the whole run is an error.
func (d *destination) look(ctx context.Context, api *client.Reader) error {
	kind := client.RouteOfMessages
	if d.field == voiceRoute {
		kind = client.RouteOfVoice
	}
	told, err := api.Route(ctx, kind, d.id)
	d.name, d.trouble = told.Name, told.Trouble()
	if err == nil {
		return nil
	}
	if stop := result.EndOfCall(ctx, err); stop != nil {
		return stop
	}
	if call, ok := errors.AsType[*client.Error](err); ok && call.Kind == client.KindNotFound {
		d.trouble = "does not exist"
		return nil
	}
	d.trouble, d.unread = "cannot be read: "+result.OneLine(err), true
	return nil
}

// Measure keeps numbers away from routes that do not work.
func (r Routes) Measure() []Check {
	var checks []Check
	for _, d := range r {
		if d.trouble == "" {
			continue
		}
		check := Check{Measured: fmt.Sprintf("%s %s %s: %s", d.field, d.id, d.trouble, d.movers())}
		if d.unread {
			check.Guard = RoutesRead
		}
		checks = append(checks, check)
	}
	return checks
}

// Names are the names of the routes that were read, by id.
func (r Routes) Names() map[string]string {
	names := map[string]string{}
	for _, d := range r {
		if d.name != "" {
			names[d.id] = d.name
		}
	}
	return names
}

// movers names the rows that would move numbers to the route.
func (d *destination) movers() string {
	if d.rows == 1 {
		return "1 row would move there, on " + plan.ListLines(d.lines, d.rows)
	}
	return fmt.Sprintf("%d rows would move there, on %s", d.rows, plan.ListLines(d.lines, d.rows))
}
