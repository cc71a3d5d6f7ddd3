package input

import (
	"context"

	"github.com/bulknum/bulknum/batch/settings"
)

// RouteNames finds routes by the names that stand in place of their ids.
type RouteNames interface {
	// ID returns what a field is to be for a name; or what is wrong with the name. An error ends the reading.
	ID(ctx context.Context, field settings.Field, name string) (id string, flaw *settings.Flaw, err error)
}

// NamedLater leaves names as they are: which routes they mean is found out when a plan is made.
type NamedLater struct{}

// ID is of [RouteNames].
func (NamedLater) ID(_ context.Context, _ settings.Field, name string) (string, *settings.Flaw, error) {
	return settings.NamePrefix + name, nil, nil
}

// unnamed is what is wrong with each name where nobody finds routes.
type unnamed struct{}

func (unnamed) ID(context.Context, settings.Field, string) (string, *settings.Flaw, error) {
	return "", &settings.Flaw{Message: "the name of a route cannot stand here", Hint: "write its id"}, nil
}

// Find returns settings with ids in the place of the names of routes, or what is wrong with each name. An error is that of
// the finding.
func Find(ctx context.Context, s settings.Settings, routes RouteNames) (settings.Settings, []settings.Flaw, error) {
	var flaws []settings.Flaw
	for _, field := range s.Named() {
		value, _ := s.Get(field.Name)
		name, _ := settings.RouteName(value)
		id, flaw, err := routes.ID(ctx, field, name)
		switch {
		case err != nil:
			return s, nil, err
		case flaw != nil:
			wrong := *flaw
			wrong.Field = field.Name
			flaws = append(flaws, wrong)
		default:
			s.Set(field.Name, id)
		}
	}
	return s, flaws, nil
}
