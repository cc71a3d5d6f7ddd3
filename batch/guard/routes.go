package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// place is a route, by the field that has its id.
type place struct {
	field, id string
	kind      client.RouteKind
}

// destination is a route with the rows that would move numbers there, and what
// the API tells of it.
type destination struct {
	place
	rows  int
	lines []int // of the first of them
	name  string
	// trouble is why no number may move there; "" when there is nothing.
	trouble string
	unread  bool // that is because nobody could say
}

// Routes are those to which rows would move numbers, in the order in which the plan
// has them.
type Routes struct {
	to      []*destination
	from    []place
	updates int
	listed  *route.Directory
	// optional tells that they are read because it costs little, and nobody asked for it.
	optional bool
	singles  int // that may be read by themselves, where it is optional

	kinds map[string]client.RouteKind // by field
	seen  map[place]bool              // of from
	found map[place]*destination      // of to
}

// NewRoutes are none yet, of which these are listed.
func NewRoutes(listed *route.Directory) *Routes {
	return &Routes{listed: listed, kinds: settings.RouteFields(), seen: map[place]bool{}, found: map[place]*destination{}}
}

// RoutesOf are the routes to which rows that are sent would move numbers, of which nothing was read yet.
func RoutesOf(changing iter.Seq2[plan.Row, error], listed *route.Directory) (*Routes, error) {
	found := NewRoutes(listed)
	for p, err := range changing {
		if err != nil {
			return nil, err
		}
		found.Add(p)
	}
	return found, nil
}

// Add takes in a row that is sent.
func (r *Routes) Add(p plan.Row) {
	r.updates++
	for _, c := range settings.Own(p.Changes) {
		kind, is := r.kinds[c.Field]
		if !is {
			continue
		}
		if old := (place{c.Field, c.Old, kind}); !r.seen[old] {
			r.seen[old], r.from = true, append(r.from, old)
		}
		if c.New == "" {
			continue
		}
		there := place{c.Field, c.New, kind}
		if r.found[there] == nil {
			r.found[there] = &destination{place: there}
			r.to = append(r.to, r.found[there])
		}
		r.found[there].count(p.Line)
	}
}

// count takes in a row.
func (d *destination) count(line int) {
	if d.rows++; len(d.lines) < plan.ShownLines {
		d.lines = append(d.lines, line)
	}
}

// cost is how many requests it takes to read the routes, the tokens for them included.
func (r *Routes) cost() int {
	kinds := map[client.RouteKind]bool{}
	for _, d := range r.to {
		kinds[d.kind] = !r.listed.Has(d.kind)
	}
	n := 0
	for _, unread := range kinds {
		if unread { // its list, or its one route, and a token
			n += 2
		}
	}
	return n
}

// cheapShare is of how many requests of a run the reading of routes may be one, where nobody asked for it.
const cheapShare = 100

// Cheap reports whether the routes are read without being asked for: at most one of a hundred requests of a run is for them,
// of which so many were made before its updates.
func (r *Routes) Cheap(before int) bool {
	r.singles = (before+r.updates)/cheapShare - r.cost()
	return len(r.to) > 0 && r.singles >= 0
}

// ReadIfCheap is [Routes.Read] where nobody asked for it: what cannot be read is no refusal. It returns why, if so.
func (r *Routes) ReadIfCheap(ctx context.Context, api *client.Reader) (unread string, err error) {
	r.optional = true
	if err := r.Read(ctx, api); err != nil {
		return "", err
	}
	i := slices.IndexFunc(r.to, func(d *destination) bool { return d.unread })
	if i < 0 {
		return "", nil
	}
	return fmt.Sprintf("whether the routes work is not known: %s %s %s", r.to[i].field, r.to[i].id, r.to[i].trouble), nil
}

// Read reads every route, once: by the list of its kind where that takes fewer requests. An error is a
// [result.Stop], or the context's.
func (r *Routes) Read(ctx context.Context, api *client.Reader) error {
	for _, kind := range route.Kinds() {
		var wanted []*destination
		for _, d := range r.to {
			if d.kind == kind {
				wanted = append(wanted, d)
			}
		}
		if err := r.read(ctx, api, kind, wanted); err != nil {
			return err
		}
	}
	return nil
}

// read reads routes of a kind. One that is not listed is asked for by itself before it is called missing, and so are all
// where they cannot be listed, if that was asked for: else only as many as may be.
func (r *Routes) read(ctx context.Context, api *client.Reader, kind client.RouteKind, wanted []*destination) error {
	known, unlisted := map[string]client.Route{}, errUnlisted
	if len(wanted) > 1 || r.listed.Has(kind) {
		list, err := r.listed.List(ctx, kind)
		if ends := r.ends(ctx, err); ends != nil {
			return ends
		}
		if err != nil {
			unlisted = err
		}
		if err != nil || !list.Whole() {
			r.singles = 0
		}
		for _, told := range list.Routes {
			known[told.ID] = told
		}
	} else {
		r.singles += len(wanted)
	}
	for _, d := range wanted {
		told, listed := known[d.id]
		var err error
		switch {
		case listed:
		case r.optional && r.singles <= 0:
			err = unlisted
		default:
			r.singles--
			told, err = api.Route(ctx, kind, d.id)
		}
		if ends := r.ends(ctx, err); ends != nil {
			return ends
		}
		d.tell(told, err)
	}
	return nil
}

// errUnlisted is why nothing is known of a route where that may not cost much.
var errUnlisted = errors.New("the API does not list it")

// ends is what an error means for the whole run; nil: nothing. Where nobody asked for the routes, that they may not be read
// ends nothing.
func (r *Routes) ends(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case r.optional:
		return route.Ends(ctx, err)
	default:
		return result.EndOfCall(ctx, err)
	}
}

// tell takes in what the API tells of the route. That it does not, or that the route does not work, is data.
func (d *destination) tell(told client.Route, err error) {
	d.name, d.trouble = told.Name, told.Trouble()
	if err != nil {
		d.miss(err)
	}
}

// miss takes in why the API does not tell of it.
func (d *destination) miss(err error) {
	if call, ok := errors.AsType[*client.Error](err); ok && call.Kind == client.KindNotFound && call.Endpoint != client.EndpointToken {
		d.trouble = "does not exist"
		return
	}
	d.trouble, d.unread = "cannot be read: "+result.OneLine(err), true
}

// Measure keeps numbers away from routes that do not work.
func (r *Routes) Measure() []Check {
	if r == nil {
		return nil
	}
	var checks []Check
	for _, d := range r.to {
		if d.trouble == "" || d.unread && r.optional {
			continue
		}
		check := Check{Measured: fmt.Sprintf("%s %s %s: %s", d.field, d.id, d.trouble, d.movers())}
		if d.unread || r.optional {
			check.Guard = RoutesRead
		}
		checks = append(checks, check)
	}
	return checks
}

// Names are the names of the routes that were read, by id: also of those that numbers come from, where they were listed.
func (r *Routes) Names() map[string]string {
	names := map[string]string{}
	if r == nil {
		return names
	}
	for _, p := range r.from {
		if name := r.listed.Name(p.kind, p.id); name != "" {
			names[p.id] = name
		}
	}
	for _, d := range r.to {
		if name := cmp.Or(d.name, r.listed.Name(d.kind, d.id)); name != "" {
			names[d.id] = name
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

// EnforceNames refuses a plan for what the names of its routes mean by now, said of each that means something else.
func EnforceNames(moved []string) error {
	var checks []Check
	for _, what := range moved {
		checks = append(checks, Check{Measured: what + ": make the plan anew"})
	}
	return Enforce(checks)
}
