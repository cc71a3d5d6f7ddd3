package weather_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client"
)

// The limit of a server of somebody else is found, and the second run begins below it: neither is told of it. The bounds
// are wide, because requests arrive when a busy machine lets them; bench/limits.sh has the figures.
func TestALimitIsLearnt(t *testing.T) {
	t.Parallel()
	const limit = 20 // a second
	w := newWorld(t, weather{})
	w.way = nginx{
		http:     fmt.Sprintf("limit_req_zone $server_port zone=all:1m rate=%dr/s;", limit),
		location: "limit_req zone=all; limit_req_status 429;",
	}.between(w)
	var many strings.Builder
	many.WriteString("Number,MessageRouteId\n")
	for i := range 4 * limit {
		fmt.Fprintf(&many, "+1801556%04d,%s\n", i, asked)
	}
	w.write("many.csv", many.String())
	apply := func(run string) (found struct {
		Refusals int
		Rate     client.Rate
	}) {
		w.bulknum("apply", "many.csv", "--yes", "--run", run, "--all", "--rate", fmt.Sprintf("%d/s", 3*limit))
		text, err := os.ReadFile(filepath.Join(w.dir, "runs", run, "summary.json"))
		w.must(err)
		summary := struct{ Limit any }{&found}
		w.must(json.Unmarshal(text, &summary))
		return found
	}
	first, second := apply("first"), apply("second")
	if rate := first.Rate.PerSecond(); first.Refusals < 3 || rate < limit/3. || rate > limit {
		t.Errorf("a limit of %d/s was found as %+v", limit, first)
	}
	if second.Refusals >= first.Refusals {
		t.Errorf("%d were refused, and once learnt %d", first.Refusals, second.Refusals)
	}
}
