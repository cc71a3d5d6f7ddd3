package plan

import (
	"fmt"
	"testing"
)

// One route and several are told of in words that fit.
func TestRoutesThatNoNumberHas(t *testing.T) {
	const where = "on no number of the inventory that was read"
	for _, c := range []struct {
		unknown, of int
		want        string
	}{
		{1, 1, "the route that rows would set is " + where + ": MRID-a on line 2"},
		{1, 3, "1 of the 3 routes that rows would set is " + where + ": MRID-a on line 2"},
		{2, 2, "2 of the 2 routes that rows would set are " + where + "; the first is MRID-a on line 2"},
	} {
		w := wantedIDs{routes: map[fieldID]struct{}{}, unknown: c.unknown, first: "MRID-a on line 2"}
		for n := range c.of {
			w.routes[fieldID{"MessageRouteId", fmt.Sprint(n)}] = struct{}{}
		}
		if got := w.String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
