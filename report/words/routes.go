package words

import "strings"

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
