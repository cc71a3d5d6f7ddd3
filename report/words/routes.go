package words

import (
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
)

// WithRouteNames is a text for people in which the name of each route that is known
// stands beside its id: MRID-73af "EU SMS hub". An id is a word of the text,
// because it has no blank in it.
func WithRouteNames(s string, routes map[string]string) string {
	if len(routes) == 0 {
		return s
	}
	words := strings.Split(s, " ")
	for i, word := range words {
		id := strings.TrimRight(word, ",;:")
		if name, known := routes[id]; known {
			words[i] = id + " " + RouteName(name) + word[len(id):]
		}
	}
	return strings.Join(words, " ")
}

// RouteName is the name that the API tells of a route, which may have anything
// in it.
func RouteName(name string) string {
	return `"` + strings.ReplaceAll(Cut(Printable(name), routeNameWidth), `"`, "'") + `"`
}

// routeNameWidth is how much of a route's name is shown.
const routeNameWidth = 40

// RouteIDs are the ids of the routes among those beside which something stands, in their order: subscribers are none, of whom
// there may be as many as rows.
func RouteIDs(routes map[string]string) []string {
	field, _ := settings.Lookup(settings.SubscriberField)
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(routes)) {
		prefix, _, _ := strings.Cut(id, "-")
		if !slices.Contains(field.Prefixes, prefix) {
			ids = append(ids, id)
		}
	}
	return ids
}
