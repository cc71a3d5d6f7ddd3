package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
)

// findRoutes returns what was given by a flag, with ids in the place of the names of routes.
func findRoutes(ctx context.Context, flag string, given settings.Settings, routes input.RouteNames) (settings.Settings, error) {
	found, flaws, err := input.Find(ctx, given, routes)
	if err != nil {
		return given, err
	}
	var wrong []error
	for _, flaw := range flaws {
		value, _ := given.Get(flaw.Field)
		wrong = append(wrong, fmt.Errorf("--%s %s=%s: %s (%s)", flag, flaw.Field, value, flaw.Message, flaw.Hint))
	}
	if err := errors.Join(wrong...); err != nil {
		return given, &configError{err: err}
	}
	return found, nil
}
