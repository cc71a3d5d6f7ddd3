package reporttest

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
)

// PlanRun is the run of the plans of these tests.
func PlanRun() runs.Identity {
	return runs.Identity{Name: "20261123T020000Z-nightly", Account: "DID-1", API: "https://api.example"}
}

// PlanFolder is the folder of the plan.
const PlanFolder = "runs/20261123T020000Z-nightly"

// NightlyPlan is the plan of a night.
func NightlyPlan() *plan.Plan {
	made := time.Date(2026, 11, 23, 2, 4, 0, 0, time.UTC)
	return &plan.Plan{
		Version: 1, MadeAt: made, Hash: "0f3a5c7e9b1d", Rows: 10_000,
		Counts: map[result.Status]int{result.Planned: 9_814, result.Unchanged: 183, result.Failed: 2, result.Invalid: 1},
		Fields: map[string]int{"MessageRouteId": 9_812, "VoiceRouteId": 1}, Columns: []string{"MessageRouteId", "VoiceRouteId"},
		Shapes: []plan.ShapeCount{
			{Shape: "VoiceRouteId CRID-a -> CRID-z, CnamLastName cleared, ProductType (not shown by the API) -> Data-Only", Rows: 1},
			{Shape: "MessageRouteId MRID-a -> MRID-b", Rows: 9_812},
		},
		Reading: plan.Reading{Way: plan.ReadInventory, Numbers: 9_998, Found: 9_996, PagesInAll: 184, Pages: 184, Singles: 2},
		Budget: plan.Budget{
			Read: 186, ReadTokens: 2, Updates: 9_813, Tokens: 1, Rate: "48/m",
			TakesMs: 12_267_500, EndsAt: made.Add(12_267_500 * time.Millisecond), NaiveMs: 12_498_750,
		},
	}
}

// NightlyRows are some of its rows, of each status.
func NightlyRows() []plan.Row {
	return []plan.Row{
		{Row: 1, Line: 2, Number: "+18018018011", Status: result.Planned, Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}},
		{Row: 2, Line: 3, Number: "+18018018012", Status: result.Unchanged},
		{Row: 3, Line: 4, Number: "+442079460000", Status: result.Planned, Changes: []settings.Change{
			{Field: "VoiceRouteId", Old: "CRID-a", New: "CRID-z"},
			{Field: "CnamLastName", Old: "Smith", New: ""},
			{Field: "ProductType", New: "Data-Only", WriteOnly: true},
		}},
		{Row: 4, Line: 5, Number: "+18018018011", Status: result.Planned, SameAs: 2, Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}},
		{Row: 5, Line: 1_017, Number: "+18018018013", Status: result.Failed, Error: "number: status 404: the account has no such number" + strings.Repeat(", and it never had one", 2)},
		{Row: 6, Line: 1_018, Number: "8018018014", Status: result.Invalid, Error: `Number "8018018014": the + is missing`},
	}
}

// Planned is a sequence of a plan's rows.
func Planned(rows ...plan.Row) iter.Seq2[plan.Row, error] {
	return func(yield func(plan.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// ManyRows are n rows with the same change.
func ManyRows(n int) iter.Seq2[plan.Row, error] {
	return func(yield func(plan.Row, error) bool) {
		changes := []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}
		for i := range n {
			r := plan.Row{Row: i + 1, Line: i + 2, Number: fmt.Sprintf("+1801%07d", i), Status: result.Planned, Changes: changes}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Hostile is text from outside that must neither break lines nor reach the
// terminal's ears nor be calculated.
const Hostile = "=cmd()\x1b[2J <script>\u202eevil\u202c\r\n号码号码号码号码号码"

// HostileRows are rows with such texts.
func HostileRows() []plan.Row {
	return []plan.Row{
		{Row: 1, Line: 2, Number: "+18018018011", Status: result.Planned, Changes: []settings.Change{
			{Field: "CnamLastName", Old: Hostile, New: "(empty)"},
			{Field: "VoiceRouteId", Old: "CRID-\x1b[2J\u202e", New: "CRID-号码"},
		}},
		{Row: 2, Line: 3, Number: Hostile, Status: result.Invalid, Error: Hostile + strings.Repeat("号码", 100)},
		{Row: 3, Line: 4, Number: "号码", Status: result.Invalid, Error: "x"},
	}
}

// OddRows are 2,000 rows of which 668 would change: one, row 1,901, in another way than
// all others.
func OddRows() iter.Seq[plan.Row] {
	return func(yield func(plan.Row) bool) {
		for n := 1; n <= 2_000; n++ {
			r := plan.Row{Row: n, Line: n + 1, Number: fmt.Sprintf("+1801555%04d", n), Status: result.Unchanged}
			switch {
			case n == 1_901:
				r.Status, r.Changes = result.Planned, []settings.Change{{Field: "VoiceRouteId", Old: "CRID-a", New: "CRID-z"}}
			case n%3 == 0 || n == 2_000:
				r.Status, r.Changes = result.Planned, []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}
			}
			if !yield(r) {
				return
			}
		}
	}
}
