// Package directory is what there is beside numbers: routes with their names, and subscribers with their accounts.
package directory

import (
	"maps"
	"slices"
	"strings"
)

// Route is a route of the account.
type Route struct {
	ID, Name string
	Enabled  bool
}

// Routes are those of one kind. Every id is a route, unless it is missing; listed are those only that are known.
type Routes struct {
	Prefix string            // of their ids: MRID, CRID
	What   string            // the first words of a name that was not given
	Known  []string          // ids
	Names  map[string]string // those that were given, by id
	Off    []string          // ids of those that are disabled
	Gone   []string          // ids of those that are missing
}

// One returns a route by its id; false: it is missing.
func (r Routes) One(id string) (Route, bool) {
	name, given := r.Names[id]
	if !given {
		name = r.What + " " + short(id)
	}
	return Route{ID: id, Name: name, Enabled: !slices.Contains(r.Off, id)}, !slices.Contains(r.Gone, id)
}

// All returns the routes that are listed, in the order of their ids: those that are known, in use, named or disabled.
func (r Routes) All(used map[string]bool) []Route {
	ids := map[string]bool{}
	for _, id := range slices.Concat(r.Known, slices.Collect(maps.Keys(used)), r.own(slices.Collect(maps.Keys(r.Names))), r.own(r.Off)) {
		ids[id] = id != ""
	}
	var list []Route
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if route, exists := r.One(id); exists && ids[id] {
			list = append(list, route)
		}
	}
	return list
}

// own are the ids of this kind among those of both.
func (r Routes) own(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !strings.HasPrefix(id, r.Prefix+"-") })
}

// short tells ids apart by the first characters of what follows their prefix.
func short(id string) string {
	_, tail, ok := strings.Cut(id, "-")
	if !ok {
		tail = id
	}
	return tail[:min(4, len(tail))]
}
