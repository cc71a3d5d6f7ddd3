package files_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
)

func planJSON(t *testing.T, planned *plan.Plan, rows ...plan.Row) string {
	t.Helper()
	return reporttest.Rendered(t, func(b *bytes.Buffer) error {
		return files.PlanJSON(b, &runs.Summary{Run: runs.Identity{Name: "night"}, Folder: "runs/night"}, planned, nil, reporttest.Planned(rows...))
	})
}

func TestPlanJSON(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	made := &plan.Plan{
		Version: 1, MadeAt: time.Date(2026, 11, 23, 3, 0, 0, 5_600_000, zone), Hash: "0f3a5c7e9b1d", Rows: 2,
		Counts: map[result.Status]int{result.Planned: 1, result.Unchanged: 1},
		Fields: map[string]int{"CnamLastName": 1}, Columns: []string{"CnamLastName"},
		Shapes:  []plan.ShapeCount{{Shape: "CnamLastName set", Rows: 1}},
		Reading: plan.Reading{Way: plan.ReadEach, Numbers: 2, Found: 2, Singles: 2},
		Budget:  plan.Budget{Read: 2, ReadTokens: 1, Updates: 1, Tokens: 1, Rate: "48/m", TakesMs: 2_500, EndsAt: time.Date(2026, 11, 23, 3, 0, 2, 0, zone), NaiveMs: 2_500},
	}
	got := planJSON(t, made,
		plan.Row{Row: 1, Line: 2, Number: "+18018018011", Status: result.Planned, Changes: []settings.Change{{Field: "CnamLastName", New: "<script>\n"}}, ReadAt: made.MadeAt},
		plan.Row{Row: 2, Line: 4, Number: "+18018018012", Status: result.Unchanged},
	)
	head, tail, _ := strings.Cut(got, `  "run": {`)
	reporttest.Diff(t, head, `{
  "version": 1,
  "madeAt": "2026-11-23T02:00:00.005Z",
  "hash": "0f3a5c7e9b1d",
  "rows": 2,
  "counts": {
    "planned": 1,
    "unchanged": 1
  },
  "fields": {
    "CnamLastName": 1
  },
  "columns": [
    "CnamLastName"
  ],
  "shapes": [
    {
      "shape": "CnamLastName set",
      "rows": 1
    }
  ],
  "reading": {
    "way": "each",
    "numbers": 2,
    "found": 2,
    "pages": 0,
    "singles": 2
  },
  "budget": {
    "read": 2,
    "readTokens": 1,
    "updates": 1,
    "tokens": 1,
    "rate": "48/m",
    "takesMs": 2500,
    "endsAt": "2026-11-23T02:00:02Z",
    "naiveMs": 2500
  },
  "folder": "runs/night",
`)
	_, tail, _ = strings.Cut(tail, "\n  },\n")
	reporttest.Diff(t, tail, `  "planRows": [
    {"row":1,"line":2,"number":"+18018018011","status":"planned","changes":[{"field":"CnamLastName","old":"","new":"<script>\n"}],"readAt":"2026-11-23T02:00:00.005Z"},
    {"row":2,"line":4,"number":"+18018018012","status":"unchanged"}
  ]
}
`)
}

// Whatever is in it, a plan is one document, and reads as what was written.
func TestPlanJSONRoundTrip(t *testing.T) {
	for _, rows := range [][]plan.Row{nil, reporttest.NightlyRows(), reporttest.HostileRows()} {
		var got struct {
			Version  int
			Shapes   []plan.ShapeCount
			Run      runs.Identity
			PlanRows []plan.Row
		}
		decoder := json.NewDecoder(strings.NewReader(planJSON(t, &plan.Plan{Version: 1}, rows...)))
		decoder.UseNumber()
		if err := decoder.Decode(&got); err != nil || decoder.More() {
			t.Fatalf("%v, or more than one document", err)
		}
		if rows == nil {
			rows = []plan.Row{} // [] rather than null
		}
		reporttest.Diff(t, got.PlanRows, rows)
		if got.Run.Name != "night" || got.Version != 1 || got.Shapes == nil {
			t.Errorf("got %+v", got)
		}
	}
}

func planCSV(t *testing.T, rows ...plan.Row) string {
	t.Helper()
	return reporttest.Rendered(t, func(b *bytes.Buffer) error { return files.PlanCSV(b, reporttest.Planned(rows...)) })
}

func TestPlanCSV(t *testing.T) {
	rows := reporttest.NightlyRows()
	rows[4].Error = "no such number"
	reporttest.Diff(t, planCSV(t, rows...), `Row,Line,Number,Status,Field,Old,New,Error
1,2,+18018018011,planned,MessageRouteId,MRID-a,MRID-b,
2,3,+18018018012,unchanged,,,,
3,4,+442079460000,planned,VoiceRouteId,CRID-a,CRID-z,
3,4,+442079460000,planned,CnamLastName,Smith,,
3,4,+442079460000,planned,ProductType,(not shown by the API),Data-Only,
4,5,+18018018011,planned,MessageRouteId,MRID-a,MRID-b,
5,1017,+18018018013,failed,,,,no such number
6,1018,8018018014,invalid,,,,"Number ""8018018014"": the + is missing"
`)
	reporttest.Diff(t, planCSV(t), "Row,Line,Number,Status,Field,Old,New,Error\n")
}

func TestNoCellOfAPlanIsAFormula(t *testing.T) {
	lines, err := csv.NewReader(strings.NewReader(planCSV(t, plan.Row{
		Row: 1, Line: 2, Number: "=1", Status: result.Failed, Error: "@x\n=y", Changes: []settings.Change{{Field: "CnamLastName", Old: "+1+1", New: "\t=cmd()"}},
	}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	reporttest.Diff(t, lines[1], []string{"1", "2", "'=1", "failed", "CnamLastName", "'+1+1", "'\t'=cmd()", "'@x\n'=y"})
}
