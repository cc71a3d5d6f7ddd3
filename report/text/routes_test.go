package text_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/text"
)

// The name of a route stands beside its id wherever people see that, and does
// no harm whatever is in it.
func TestRoutesAreNamed(t *testing.T) {
	routes := map[string]string{
		"MRID-b": "EU SMS hub",
		"MRID-x": "\x1b[31m\"red\"\n\u202ehub",
		"CRID-l": strings.Repeat("long", 20),
	}
	change := func(field, from, to string) []settings.Change {
		return []settings.Change{{Field: field, Old: from, New: to}, {Field: "VoiceEnabled", Old: "false", New: "true"}}
	}
	made := &plan.Plan{Routes: routes, Counts: map[result.Status]int{}, Shapes: []plan.ShapeCount{
		{Shape: settings.ShapeOf(change("MessageRouteId", "MRID-b", "MRID-bb")), Rows: 1},
		{Shape: settings.ShapeOf(change("MessageRouteId", "MRID-a", "MRID-b")), Rows: 2},
		{Shape: settings.ShapeOf(change("MessageRouteId", "MRID-a", "MRID-x")), Rows: 3},
		{Shape: settings.ShapeOf(change("VoiceRouteId", "CRID-a", "CRID-l")), Rows: 4},
	}}
	rows := func(yield func(plan.Row, error) bool) {
		_ = yield(plan.Row{Line: 2, Number: "+18018018011", Status: result.Planned, Changes: change("MessageRouteId", "MRID-a", "MRID-b")}, nil) &&
			yield(plan.Row{Line: 3, Row: 2, Number: "+18018018012", Status: result.Conflict, Error: "MessageRouteId is MRID-b, and If.MessageRouteId expects MRID-a"}, nil)
	}
	var out bytes.Buffer
	if err := text.Plan(&out, &runs.Summary{Run: runs.Identity{Name: "cutover"}, Folder: "runs/cutover"}, made, rows, false); err != nil {
		t.Fatal(err)
	}
	summary := &runs.Summary{Run: runs.Identity{Name: "cutover"}, Routes: routes}
	if err := text.Summary(&out, summary, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"1 x MessageRouteId MRID-b \"EU SMS hub\" -> MRID-bb, VoiceEnabled false -> true\n",
		"2 x MessageRouteId MRID-a -> MRID-b \"EU SMS hub\", VoiceEnabled false -> true\n",
		"3 x MessageRouteId MRID-a -> MRID-x \"\uFFFD[31m'red' \uFFFDhub\", VoiceEnabled false -> true\n",
		"4 x VoiceRouteId CRID-a -> CRID-l \"" + strings.Repeat("long", 9) + "lon…\", VoiceEnabled",
		"\n~ +18018018011\n",
		"line 3 (row 2): MessageRouteId is MRID-b \"EU SMS hub\", and\n",
		"Routes    CRID-l \"",
		"\n          MRID-b \"EU SMS hub\"\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q in\n%s", want, out.String())
		}
	}
}
