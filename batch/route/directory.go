// Package route is the account's routes, as the API lists them: which of them a name means, whether those work to which
// numbers are moved, and how many numbers are on each.
package route

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bulknum/bulknum/batch/input/nearest"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// Directory is the lists of routes, each read once, when something of it is asked for. It is an [input.RouteNames], and
// safe for concurrent use.
type Directory struct {
	api *client.Reader

	mu    sync.Mutex
	lists map[client.RouteKind]listed
	found map[question]answer
}

// listed is a list of routes as it was read, or why it cannot be.
type listed struct {
	client.RouteList
	err error
}

// question is what a name is asked for, and answer what came of it.
type question struct {
	kind client.RouteKind
	name string
}

type answer struct {
	id   string
	flaw *settings.Flaw
}

// NewDirectory is one of which nothing was read yet. api is nil where only one token is there, which is good for other
// things.
func NewDirectory(api *client.Reader) *Directory {
	return &Directory{api: api, lists: map[client.RouteKind]listed{}, found: map[question]answer{}}
}

// List returns the routes of a kind. An error is the call's.
func (d *Directory) List(ctx context.Context, kind client.RouteKind) (client.RouteList, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.list(ctx, kind)
}

// Name is what a route is called, of a kind that was listed; "": nothing is known of it.
func (d *Directory) Name(kind client.RouteKind, id string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.lists[kind].Routes {
		if r.ID == id {
			return r.Name
		}
	}
	return ""
}

// NamesOf are the names of routes of kinds that were listed, by id.
func (d *Directory) NamesOf(routes []plan.UnlistedOn) map[string]string {
	names := map[string]string{}
	for _, r := range routes {
		if name := d.Name(r.Kind, r.ID); name != "" {
			names[r.ID] = name
		}
	}
	return names
}

// Has reports whether the routes of a kind were listed already: to ask for them costs nothing.
func (d *Directory) Has(kind client.RouteKind) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	read, has := d.lists[kind]
	return has && read.err == nil
}

// list is [Directory.List]: the caller has mu.
func (d *Directory) list(ctx context.Context, kind client.RouteKind) (client.RouteList, error) {
	if read, has := d.lists[kind]; has {
		return read.RouteList, read.err
	}
	list, err := d.api.Routes(ctx, kind)
	if err != nil {
		err = fmt.Errorf("the list of %s routes cannot be read: %w", kind, err)
	}
	d.lists[kind] = listed{list, err}
	return list, err
}

// Ends is what an error of a call means where the routes are of use, but nothing depends on them: that this key may not read
// them ends nothing.
func Ends(ctx context.Context, err error) error {
	call, ok := errors.AsType[*client.Error](err)
	if ctx.Err() == nil && ok && call.Kind == client.KindCredentials {
		return nil
	}
	return result.EndOfCall(ctx, err)
}

// ID is of [input.RouteNames]: the id of the one route with a name. A list that cannot be read is a [result.Stop].
func (d *Directory) ID(ctx context.Context, field settings.Field, name string) (string, *settings.Flaw, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	asked := question{field.Route, name}
	if known, has := d.found[asked]; has {
		return known.id, known.flaw, nil
	}
	if d.api == nil {
		return "", &settings.Flaw{
			Message: "which route this names cannot be asked with one token", Hint: "write its id, or give the account key and secret",
		}, nil
	}
	list, err := d.list(ctx, field.Route)
	if err != nil {
		return "", nil, cmp.Or(result.EndOfCall(ctx, err), error(result.StopFor(result.StoppedByAPI, err)))
	}
	id, flaw := find(list, field.Route, name)
	d.found[asked] = answer{id, flaw}
	return id, flaw, nil
}

// Named are the names that were found, in the order of the alphabet.
func (d *Directory) Named() plan.RouteNames {
	d.mu.Lock()
	defer d.mu.Unlock()
	var named plan.RouteNames
	for asked, of := range d.found {
		if of.flaw == nil {
			named = append(named, plan.RouteName{Kind: asked.kind, Name: asked.name, ID: of.id})
		}
	}
	slices.SortFunc(named, func(a, b plan.RouteName) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return named
}

// shownRoutes is how many routes a hint names.
const shownRoutes = 3

// find returns the id of the one route with a name, or what is wrong with the name.
func find(list client.RouteList, kind client.RouteKind, name string) (string, *settings.Flaw) {
	var fitting []client.Route
	for _, r := range list.Routes {
		if strings.TrimSpace(r.Name) == name {
			fitting = append(fitting, r)
		}
	}
	switch {
	case !list.Whole():
		return "", &settings.Flaw{
			Message: fmt.Sprintf("the API lists only %d of %d %s routes, so that the name of one may be that of another too", len(list.Routes), list.Total, kind),
			Hint:    "write the id of the route",
		}
	case len(fitting) == 0:
		return "", &settings.Flaw{Message: fmt.Sprintf("no %s route has this name", kind), Hint: nearby(list, name)}
	case len(fitting) > 1:
		return "", &settings.Flaw{
			Message: fmt.Sprintf("%d %s routes have this name", len(fitting), kind),
			Hint:    "write the id of one of them: " + shown(fitting),
		}
	}
	return fitting[0].ID, nil
}

// nearby offers the routes that a name may mean.
func nearby(list client.RouteList, name string) string {
	var names []string
	for _, r := range list.Routes {
		names = append(names, r.Name)
	}
	var near []client.Route
	for _, found := range slices.Compact(nearest.Names(name, names, shownRoutes)) {
		for _, r := range list.Routes {
			if r.Name == found {
				near = append(near, r)
			}
		}
	}
	if len(near) > 0 {
		return "the nearest is " + shown(near)
	}
	if len(list.Routes) == 0 {
		return "the account has none"
	}
	return "there is " + shown(list.Routes)
}

// shown are some routes with their names and ids.
func shown(routes []client.Route) string {
	var texts []string
	for _, r := range routes[:min(len(routes), shownRoutes)] {
		text := fmt.Sprintf("%q (%s)", r.Name, strings.Join(strings.Fields(r.ID+" "+r.Trouble()), " "))
		texts = append(texts, text)
	}
	if more := len(routes) - len(texts); more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}

// Moved says of the names of a plan what they mean by now, where that is no longer what they meant when it was made, as in
// "when the plan was made".
func (d *Directory) Moved(ctx context.Context, named plan.RouteNames, when string) ([]string, error) {
	var moved []string
	for _, was := range named {
		id, flaw, err := d.ID(ctx, settings.Field{Route: was.Kind}, was.Name)
		switch {
		case err != nil:
			return nil, err
		case flaw != nil:
			moved = append(moved, fmt.Sprintf("the name %q meant %s %s, and now %s%s", was.Name, was.ID, when, flaw.Message, d.now(was)))
		case id != was.ID:
			moved = append(moved, fmt.Sprintf("the name %q meant %s %s, and means %s now%s", was.Name, was.ID, when, id, d.now(was)))
		}
	}
	return moved, nil
}

// now says what the route of a name is called by now; nothing of one that is not listed any more.
func (d *Directory) now(was plan.RouteName) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.lists[was.Kind].Routes {
		if r.ID == was.ID && r.Name != was.Name {
			return fmt.Sprintf(" (%s is %q now)", r.ID, r.Name)
		}
	}
	return ""
}
