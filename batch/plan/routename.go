package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// RouteName is a route that an input names, and the id that was found for it.
type RouteName struct {
	Kind client.RouteKind `json:"kind,omitempty"`
	Name string           `json:"name"`
	ID   string           `json:"id"`
}

// RouteNames are those of a plan. They are an [input.RouteNames]: whoever reads the plan's input again means the routes
// that were found when it was made.
type RouteNames []RouteName

// ID is of [input.RouteNames].
func (n RouteNames) ID(_ context.Context, field settings.Field, name string) (string, *settings.Flaw, error) {
	var ids []string
	for _, r := range n {
		if (r.Kind == field.Route || r.Kind == "") && r.Name == name && !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	switch len(ids) {
	case 1:
		return ids[0], nil, nil
	case 0:
		return "", &settings.Flaw{Message: fmt.Sprintf("the plan has no %s route of this name", field.Route), Hint: "write its id"}, nil
	default:
		return "", &settings.Flaw{Message: "more than one route of the plan has this name", Hint: "write the id of one: " + strings.Join(ids, ", ")}, nil
	}
}

// KnownRoutes are the routes that the plan names, and those besides whose names it has read.
func (p *Plan) KnownRoutes() RouteNames {
	all := slices.Clone(p.Named)
	for _, id := range slices.Sorted(maps.Keys(p.Routes)) {
		all = append(all, RouteName{Name: p.Routes[id], ID: id})
	}
	return all
}

// For reports whether the route is one for a field: by its kind or, where that is not known, by the prefix of its id, since
// what stands beside ids is also the accounts of subscribers.
func (r RouteName) For(field settings.Field) bool {
	if r.Kind != "" {
		return r.Kind == field.Route
	}
	return slices.ContainsFunc(field.Prefixes, func(prefix string) bool { return strings.HasPrefix(r.ID, prefix) })
}

// ChangesRoutes reports whether some row moves its number to another route.
func (p *Plan) ChangesRoutes() bool {
	for field := range settings.RouteFields() {
		if p.Fields[field] > 0 {
			return true
		}
	}
	return false
}
