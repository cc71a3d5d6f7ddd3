package sandbox

import (
	"net/http"
	"strconv"

	"github.com/bulknum/bulknum/client/sandbox/internal/directory"
	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// routeId is the i-th of the routes that generated numbers point to, of which there are generatedRoutes of a kind.
func routeId(seed int64, prefix string, i int) string {
	return prefix + "-" + seeded.UUID(seed, prefix, uint64(i))
}

const (
	generatedRoutes = 4
	legacyRoutes    = 5 // voice routes with an id of old, without a prefix
)

func legacyRoute(i int) string { return "T" + strconv.Itoa(9_992_774+i) }

// messageRoutes and voiceRoutes are those of the account.
func (a *account) messageRoutes() directory.Routes { return a.routes("MRID", "SMS hub") }

func (a *account) voiceRoutes() directory.Routes {
	all := a.routes("CRID", "Trunk")
	for i := range legacyRoutes {
		all.Known = append(all.Known, legacyRoute(i))
	}
	return all
}

func (a *account) routes(prefix, what string) directory.Routes {
	all := directory.Routes{Prefix: prefix, What: what, Names: a.cfg.RouteNames, Off: a.cfg.DisabledRoutes, Gone: a.cfg.MissingRoutes}
	for i := range generatedRoutes {
		all.Known = append(all.Known, routeId(a.cfg.Seed, prefix, i))
	}
	return all
}

// messageRoute serves GET /v1.0/message/routes?MessageRouteId=…, or ?MessageRouteID=…
func (a *account) messageRoute(c *call) (object, *strict.Refusal) {
	route, wrong := findRoute(c, a.cfg.Spelling.name(a.cfg.Spelling.RouteQuery, "MessageRouteID", "MessageRouteId"), a.messageRoutes())
	if wrong != nil {
		return nil, wrong
	}
	return messageRoute(route), nil
}

func messageRoute(route directory.Route) object {
	return object{
		{"MessageRouteId", route.ID},
		{"RouteName", route.Name},
		{"MessageUrl", "https://sms.example.com/in"},
		{"MessageRouteEnabled", route.Enabled},
		{"Username", "sandbox"},
		{"Password", "not-a-secret"},
	}
}

// voiceRoute serves GET /v1.0/voice/routes?CallRouteID=…, or ?CallRouteId=…
func (a *account) voiceRoute(c *call) (object, *strict.Refusal) {
	route, wrong := findRoute(c, a.cfg.Spelling.name(a.cfg.Spelling.RouteQuery, "CallRouteId", "CallRouteID"), a.voiceRoutes())
	if wrong != nil {
		return nil, wrong
	}
	return voiceRoute(route), nil
}

func voiceRoute(route directory.Route) object {
	status := active
	if !route.Enabled {
		status = inactive
	}
	return object{
		{"CallRouteId", route.ID},
		{"RouteName", route.Name},
		{"RouteType", "Trunk"},
		{"CallRouteStatus", status},
		{"Username", "sandbox"},
		{"Password", "not-a-secret"},
	}
}

// findRoute returns the route asked for, which exists.
func findRoute(c *call, parameter string, routes directory.Routes) (directory.Route, *strict.Refusal) {
	id, wrong := strict.Only(c.r, c.body, parameter)
	if wrong != nil {
		return directory.Route{}, wrong
	}
	if err := (strict.Field{IdField: true, Prefixes: []string{routes.Prefix}}).Check(id); err != nil {
		return directory.Route{}, strict.BadParameter(parameter, "%q: %v", id, err)
	}
	route, exists := routes.One(id)
	if !exists {
		return route, strict.Refuse(http.StatusNotFound, "route %s is not in this account", id)
	}
	return route, nil
}

// listMessageRoutes serves GET /v1.0/account/message/routes?AccountId=…
func (a *account) listMessageRoutes(c *call) (object, *strict.Refusal) {
	return a.listRoutes(c, a.messageRoutes(), func(rec Record) string { return rec.MessageRouteId }, messageRoute)
}

// listVoiceRoutes serves GET /v1.0/account/voice/routes?AccountId=…
func (a *account) listVoiceRoutes(c *call) (object, *strict.Refusal) {
	return a.listRoutes(c, a.voiceRoutes(), func(rec Record) string { return rec.VoiceRouteId },
		func(route directory.Route) object {
			return append(voiceRoute(route), member{"RouteEnabled", a.cfg.Spelling.truth(route.Enabled)})
		})
}

// listRoutes lists the routes of a kind: those that numbers were moved to are among them.
func (a *account) listRoutes(
	c *call, routes directory.Routes, of func(Record) string, spell func(directory.Route) object,
) (object, *strict.Refusal) {
	query, wrong := c.query()
	if wrong != nil {
		return nil, wrong
	}
	for name := range query {
		if name != "AccountId" {
			return nil, strict.BadParameter(name, "is not a parameter: want AccountId, or none")
		}
	}
	if asked := query.Get("AccountId"); query.Has("AccountId") && asked != a.cfg.AccountId {
		return nil, strict.Refuse(http.StatusNotFound, "account %s is not yours", asked)
	}
	used := map[string]bool{}
	for _, rec := range a.numbers.changed {
		used[of(rec)] = true
	}
	list := []object{}
	for _, route := range routes.All(used) {
		list = append(list, append(spell(route), member{"AccountID", a.cfg.AccountId}))
	}
	return object{{"AccountID", a.cfg.AccountId}, {"TotalRoutes", len(list)}, {"Results", list}}, nil
}
