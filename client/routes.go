package client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/bulknum/bulknum/client/internal/asking"
	"github.com/bulknum/bulknum/client/internal/object"
)

// RouteKind is what a route carries.
type RouteKind string

// The kinds of routes.
const (
	RouteOfMessages RouteKind = "message"
	RouteOfVoice    RouteKind = "voice"
)

// Route is what a change of routes has to know about a route. Its addresses, user names and passwords are not kept.
type Route struct {
	Kind    RouteKind
	ID      string // MRID-…, CRID-…, or a legacy id without a prefix
	Name    string // RouteName
	Type    string // RouteType of a voice route: "Trunk", "URL", "Forward", "Webhook"; else ""
	Enabled *bool  // MessageRouteEnabled or RouteEnabled; nil: not told
	Status  string // CallRouteStatus of a voice route: "Active", "Deleted"; often not told
}

// activeRoute is the status of a voice route that works, where one is told.
const activeRoute = "Active"

// Trouble is why no number works on the route, in words that follow its name: "is disabled", "is Deleted"; "" when nothing
// is known against it.
func (r Route) Trouble() string {
	switch {
	case r.Status != "" && !strings.EqualFold(r.Status, activeRoute):
		return "is " + r.Status
	case r.Enabled != nil && !*r.Enabled:
		return "is disabled"
	default:
		return ""
	}
}

// RouteList is all routes of a kind that the API lists.
type RouteList struct {
	Routes []Route
	// Total is how many there are by the API's word, which may be more than it lists; -1: not told.
	Total int
}

// Whole reports whether all routes are listed, as far as the API tells.
func (l RouteList) Whole() bool { return l.Total <= len(l.Routes) }

// routeSource is where routes of a kind are read.
type routeSource struct {
	one, all   Endpoint
	parameters [routeSpellings]string // what one is asked for with, as the API's pages spell it
	id         string                 // the answer's field
	enabled    []string               // the field that tells whether it is enabled
}

// routeSources are the API's. Its description asks for a voice route with CallRouteID, and answers with CallRouteId; of
// message routes it declares both spellings.
func routeSources(kind RouteKind) routeSource {
	if kind == RouteOfVoice {
		return routeSource{EndpointVoiceRoute, EndpointVoiceRoutes, [...]string{"CallRouteID", "CallRouteId"}, "CallRouteId", []string{"RouteEnabled"}}
	}
	return routeSource{EndpointMessageRoute, EndpointMessageRoutes, [...]string{"MessageRouteId", "MessageRouteID"}, "MessageRouteId", []string{"MessageRouteEnabled"}}
}

// Route reads a route, GET /v1.0/message/routes or /v1.0/voice/routes. id is MRID-…, CRID-…, or a legacy one. Until an
// answer has shown which spelling of the parameter a server knows, what that refuses is asked for by the other once.
// Without an id no request is made. What ctx does, and the errors, are those of [Reader.Number].
func (r *Reader) Route(ctx context.Context, kind RouteKind, id string) (Route, error) {
	source := routeSources(kind)
	if err := checkAsked(source.one, id); err != nil {
		return Route{}, err
	}
	wrong := func(err error) bool { return misunderstood(err) && !errors.Is(err, KindNotFound) }
	return asking.Ask(ctx, r.core.routesBy[source.one], wrong, func(way int) (Route, error) {
		return r.route(ctx, kind, id, source.parameters[way])
	})
}

func (r *Reader) route(ctx context.Context, kind RouteKind, id, parameter string) (Route, error) {
	source := routeSources(kind)
	q := r.core.get(source.one, url.Values{parameter: {id}})
	return answerTo(ctx, r, q, "", func(rep reply, body object.Object) (Route, *Error) {
		route := source.read(rep, kind, body)
		return route, checkID(rep, id, route.ID)
	})
}

// mostRoutes is how many routes a list has at most.
const mostRoutes = 100_000

// Routes reads all routes of the account of a kind, GET /v1.0/account/message/routes or /v1.0/account/voice/routes. The
// API shows no pages of them; whether all came is told by [RouteList.Whole]. An answer is read up to 32 MiB.
// What ctx does, and the errors, are those of [Reader.Number].
func (r *Reader) Routes(ctx context.Context, kind RouteKind) (RouteList, error) {
	source := routeSources(kind)
	q := r.core.get(source.all, nil)
	q.limit = maxInventory
	return answerTo(ctx, r, q, "", func(rep reply, body object.Object) (RouteList, *Error) {
		list := RouteList{Total: body.Count(-1, "TotalRoutes")}
		results, listed := body.Objects("Results")
		if !listed {
			return list, untrusted(rep, "the answer has no list of Results")
		}
		for item := range results {
			if len(list.Routes) == mostRoutes {
				return RouteList{}, untrusted(rep, fmt.Sprintf("the list has more than %d routes", mostRoutes))
			}
			if route := source.read(rep, kind, item); route.ID != "" {
				list.Routes = append(list.Routes, route)
			}
		}
		return list, nil
	})
}

// AllRoutes gives all routes of the account, those of messages before those of voice; each list is read when it is needed.
// An error is the last that it gives, with the zero Route: that of [Reader.Routes], the end of ctx among them, or that a list
// has fewer routes than the API says there are.
func (r *Reader) AllRoutes(ctx context.Context) iter.Seq2[Route, error] {
	return func(yield func(Route, error) bool) {
		for _, kind := range []RouteKind{RouteOfMessages, RouteOfVoice} {
			list, err := r.Routes(ctx, kind)
			if err != nil {
				yield(Route{}, err)
				return
			}
			for _, route := range list.Routes {
				if !yield(route, nil) {
					return
				}
			}
			if !list.Whole() {
				yield(Route{}, &Error{
					Endpoint: routeSources(kind).all, Kind: KindUntrusted,
					Message: fmt.Sprintf("%d came, of %d that there are", len(list.Routes), list.Total),
				})
				return
			}
		}
	}
}

// read reads what is kept of a route. A value that has a secret in it is none.
func (s routeSource) read(rep reply, kind RouteKind, o object.Object) Route {
	text := func(name string) string { return rep.secrets.Hide(o.Text(name)) }
	route := Route{Kind: kind, ID: text(s.id), Name: text("RouteName"), Enabled: o.Flag(s.enabled...)}
	if kind == RouteOfVoice {
		route.Type, route.Status = text("RouteType"), text("CallRouteStatus")
	}
	return route
}

// Subscriber is what an assignment of numbers has to know about a subscriber. Names, addresses and numbers are not kept.
type Subscriber struct {
	ID      string // TSUID-…
	Account string // the id of its account, AID-…; "": not told
}

// Subscriber reads a subscriber, GET /v1.0/subscribers/get. id is TSUID-…; without one no request is made. The API lists
// those of a distributor only: see package distributor. What ctx does, and the errors, are those of [Reader.Number].
func (r *Reader) Subscriber(ctx context.Context, id string) (Subscriber, error) {
	if err := checkAsked(EndpointSubscriber, id); err != nil {
		return Subscriber{}, err
	}
	q := r.core.get(EndpointSubscriber, url.Values{"SubscriberId": {id}})
	return answerTo(ctx, r, q, "", func(rep reply, body object.Object) (Subscriber, *Error) {
		read := Subscriber{ID: body.Text("SubscriberId")}
		if raw, ok := body.Find("Account"); ok {
			account, _ := object.Parse(raw) // null in lists
			read.Account = rep.secrets.Hide(account.Text("AccountId"))
		}
		if _, tail, ok := strings.Cut(read.ID, "-"); ok && isSubscriber(id, tail) { // older pages have SID- for TSUID-
			read.ID = id
		}
		return read, checkID(rep, id, read.ID)
	})
}

// isSubscriber reports whether an id is that of the subscriber with so much behind its prefix.
func isSubscriber(id, tail string) bool { return id == "TSUID-"+tail || id == "SID-"+tail }
