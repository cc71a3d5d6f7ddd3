package report

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// named is a text for people in which the name of each route that is known
// stands beside its id: MRID-73af "EU SMS hub". An id is a word of the text,
// because it has no blank in it.
func named(s string, routes map[string]string) string {
	if len(routes) == 0 {
		return s
	}
	words := strings.Split(s, " ")
	for i, word := range words {
		id := strings.TrimRight(word, ",;:")
		if name, known := routes[id]; known {
			words[i] = id + " " + routeName(name) + word[len(id):]
		}
	}
	return strings.Join(words, " ")
}

// routeName is the name that the API tells of a route, which may have anything
// in it.
func routeName(name string) string {
	return `"` + strings.ReplaceAll(cut(printable(name), routeNameWidth), `"`, "'") + `"`
}

// routeNameWidth is how much of a route's name is shown.
const routeNameWidth = 40

// routeNames writes the routes whose names are known, a line each.
func routeNames(b *bytes.Buffer, routes map[string]string) {
	for i, id := range slices.Sorted(maps.Keys(routes)) {
		field(b, label(i, "Routes"), fmt.Sprintf("%s %s", printable(id), routeName(routes[id])))
	}
}
