package send

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// companionRefused says, of an update that was refused as wrong for a route, that the route went along with a capability
// and why, or that it would have had to, in a job that writes these fields; "": the refusal is about something else.
func companionRefused(changes []settings.Change, fields []string, err error) string {
	call, ok := errors.AsType[*client.Error](err)
	if !ok || call.Kind != client.KindInvalid {
		return ""
	}
	said, sent := strings.ToLower(call.Error()), settings.FromChanges(changes)
	for _, c := range changes {
		field, _ := settings.Lookup(c.Field)
		route := field.Companion
		if c.Companion != "" {
			route = c.Field
		}
		if route == "" || !strings.Contains(said, strings.ToLower(route)) {
			continue
		}
		value, along := sent.Get(route)
		switch {
		case c.Companion != "":
			return fmt.Sprintf("%s %s was only sent along with %s=%s, as the number has it: set in the same row the one that it is to have",
				route, value, settings.Capability(route), settings.On)
		case !along && c.New == settings.On:
			return fmt.Sprintf("the API asks for the %s with %s=%s: %s", route, c.Field, settings.On, plan.SetCompanion(fields, route))
		}
	}
	return ""
}
