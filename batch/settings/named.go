package settings

import "github.com/bulknum/bulknum/client"

// Named returns the fields that have the name of a route in place of its id, in the order of the table.
func (s Settings) Named() []Field {
	var named []Field
	for _, i := range routesAt {
		if !s.has(i) {
			continue
		}
		if _, is := RouteName(s.values[i]); is {
			named = append(named, table[i])
		}
	}
	return named
}

// Without returns the settings without a field.
func (s Settings) Without(name string) Settings {
	if i := index(name); i >= 0 {
		return s.without(i)
	}
	return s
}

// RouteFields are the fields that have the id of a route, with the kind of it.
func RouteFields() map[string]client.RouteKind {
	fields := map[string]client.RouteKind{}
	for _, i := range routesAt {
		fields[table[i].Name] = table[i].Route
	}
	return fields
}
