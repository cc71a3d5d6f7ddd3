package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// routeId is the i-th of the routes that generated numbers point to.
func routeId(seed int64, prefix string, i int) string {
	return prefix + "-" + uuid(seed, prefix, uint64(i))
}

// messageRoute serves GET /v1.0/message/routes?MessageRouteId=…
func (a *account) messageRoute(c *call) (object, *strict.Refusal) {
	id, wrong := a.findRoute(c, "MessageRouteId", "MRID")
	if wrong != nil {
		return nil, wrong
	}
	return object{
		{"MessageRouteId", id},
		{"RouteName", routeName("SMS hub", id)},
		{"MessageUrl", "https://sms.example.com/in"},
		{"MessageRouteEnabled", !slices.Contains(a.cfg.DisabledRoutes, id)},
		{"Username", "sandbox"},
		{"Password", "not-a-secret"},
	}, nil
}

// voiceRoute serves GET /v1.0/voice/routes?CallRouteID=…
func (a *account) voiceRoute(c *call) (object, *strict.Refusal) {
	id, wrong := a.findRoute(c, "CallRouteID", "CRID")
	if wrong != nil {
		return nil, wrong
	}
	status := active
	if slices.Contains(a.cfg.DisabledRoutes, id) {
		status = inactive
	}
	return object{
		{"CallRouteId", id},
		{"RouteName", routeName("Trunk", id)},
		{"RouteType", "Trunk"},
		{"CallRouteStatus", status},
		{"Username", "sandbox"},
		{"Password", "not-a-secret"},
	}, nil
}

// findRoute returns the id asked for, of a route that exists.
func (a *account) findRoute(c *call, parameter, prefix string) (string, *strict.Refusal) {
	id, wrong := c.only(parameter)
	if wrong != nil {
		return "", wrong
	}
	if err := (strict.Field{IdField: true, Prefixes: []string{prefix}}).Check(id); err != nil {
		return "", badParameter(parameter, "%q: %v", id, err)
	}
	if slices.Contains(a.cfg.MissingRoutes, id) {
		return "", strict.Refuse(http.StatusNotFound, "route %s is not in this account", id)
	}
	return id, nil
}

// routeName tells routes apart by the first characters of what follows their prefix.
func routeName(kind, id string) string {
	_, name, ok := strings.Cut(id, "-")
	if !ok {
		name = id
	}
	return kind + " " + name[:min(4, len(name))]
}
