package text

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/report/words"
)

// routeNames writes the routes whose names are known, a line each.
func routeNames(b *bytes.Buffer, routes map[string]string) {
	for i, id := range slices.Sorted(maps.Keys(routes)) {
		field(b, label(i, "Routes"), fmt.Sprintf("%s %s", words.Printable(id), words.RouteName(routes[id])))
	}
}
