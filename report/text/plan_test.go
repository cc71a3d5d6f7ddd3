package text_test

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"unicode"

	pretty "github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

func planText(t *testing.T, made *plan.Plan, rows iter.Seq2[plan.Row, error], full bool) string {
	t.Helper()
	return reporttest.Rendered(t, func(b *bytes.Buffer) error {
		return text.Plan(b, &runs.Summary{Run: reporttest.PlanRun(), Folder: reporttest.PlanFolder}, made, rows, full)
	})
}

func TestPlanText(t *testing.T) {
	reporttest.Diff(t, planText(t, reporttest.NightlyPlan(), reporttest.Planned(reporttest.NightlyRows()...), false), `    1 x VoiceRouteId CRID-a -> CRID-z, CnamLastName cleared, ProductType (not shown by the API) -> Data-Only
~ +442079460000  VoiceRouteId  CRID-a -> CRID-z
                 CnamLastName  Smith -> (empty)
                 ProductType   (not shown by the API) -> Data-Only
9,812 x MessageRouteId MRID-a -> MRID-b
~ +18018018011

~ +18018018011  as line 2, sent once

! +18018018013  failed   line 1017 (row 5): number: status 404: the account has no such number, and
                         it never had one, and it never had one
! 8018018014    invalid  line 1018 (row 6): Number "8018018014": the + is missing

Plan 20261123T020000Z-nightly: 9,813 updates for 10,000 rows

Rows             10,000
  unchanged         183
  planned         9,814
  failed              2
  invalid             1

Account   DID-1 at https://api.example
Reading   184 inventory pages instead of 9,998 single numbers, then 2 single numbers
Requests  188 made (reading 186, tokens 2), 9,814 needed (updates 9,813, tokens 1), 10,002 in all
Time      3 h 24 m at 48/m; begun at once, it is done at 2026-11-23 05:28:27 UTC
          sending every row would take 3 h 28 m
Hash      0f3a5c7e9b1d names exactly these changes
Folder    runs/20261123T020000Z-nightly
Report    runs/20261123T020000Z-nightly/report.html
`)
}

func TestPlanTextWithoutChanges(t *testing.T) {
	made := &plan.Plan{
		Hash: "e3b0c44298fc", Rows: 1, Counts: map[result.Status]int{result.Unchanged: 1},
		Reading: plan.Reading{Way: plan.ReadEach, Numbers: 1, Found: 1, Singles: 1},
		Budget:  plan.Budget{Read: 1, ReadTokens: 1, Rate: "48/m", NaiveMs: 1_250},
	}
	run := reporttest.PlanRun()
	run.Account, run.Sandbox = "", true
	got := reporttest.Rendered(t, func(b *bytes.Buffer) error {
		return text.Plan(b, &runs.Summary{Run: run, Folder: reporttest.PlanFolder}, made, reporttest.Planned(reporttest.NightlyRows()[1]), false)
	})
	reporttest.Diff(t, got, `No changes

Plan 20261123T020000Z-nightly (sandbox): nothing to send, every row is in sync

Rows             1
  unchanged      1

Reading   1 single number
Requests  2 made (reading 1, tokens 1), none needed
Time      sending every row would take 1.2 s
Hash      e3b0c44298fc names exactly these changes
Folder    runs/20261123T020000Z-nightly
Report    runs/20261123T020000Z-nightly/report.html
`)
}

func TestPlanTextOfEveryRow(t *testing.T) {
	made := reporttest.NightlyPlan()
	made.Reading = plan.Reading{Way: plan.ReadNone}
	made.Budget.Read, made.Budget.ReadTokens = 0, 0
	got := planText(t, made, reporttest.Planned(), false)
	for _, want := range []string{
		"Reading   nothing: every row is sent\n",
		"Requests  9,814 needed (updates 9,813, tokens 1)\n",
		"it is done at 2026-11-23 05:28:27 UTC\nHash",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestPlanHeadlines(t *testing.T) {
	for want, change := range map[string]func(*plan.Plan){
		"there are no rows":   func(p *plan.Plan) { p.Rows, p.Counts = 0, nil },
		"nothing to send":     func(p *plan.Plan) { p.Budget.Updates, p.Counts = 0, map[result.Status]int{result.Failed: 1} },
		"1 update for 1 row":  func(p *plan.Plan) { p.Rows, p.Budget.Updates = 1, 1 },
		"7 updates for 8 row": func(p *plan.Plan) { p.Rows, p.Budget.Updates = 8, 7 },
	} {
		made := reporttest.NightlyPlan()
		change(made)
		if got := planText(t, made, reporttest.Planned(), false); !strings.Contains(got, "nightly: "+want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Of very many rows the first ones of either kind are listed: a failure is not
// hidden behind changes.
func TestPlanTextListsTheFirstRowsOfAKind(t *testing.T) {
	rows := func(yield func(plan.Row, error) bool) {
		for r, err := range reporttest.ManyRows(1_000) {
			if r.Row > 900 {
				r.Status, r.Changes, r.Error = result.Failed, nil, "no such number"
			}
			if !yield(r, err) {
				return
			}
		}
	}
	short := planText(t, reporttest.NightlyPlan(), rows, false)
	if n, m := strings.Count(short, "+18010"), strings.Count(short, "\n! "); n-m != 7 || m != 50 {
		t.Errorf("%d changes and %d failures are listed", n-m, m)
	}
	for _, want := range []string{"\n… 893 more rows: --full shows them\n\n!", "\n… 50 more rows that cannot be sent: --full shows them\n\nPlan"} {
		if !strings.Contains(short, want) {
			t.Errorf("no %q in\n%s", want, short)
		}
	}
	full := planText(t, reporttest.NightlyPlan(), rows, true)
	if n, m := strings.Count(full, "\n~ "), strings.Count(full, "\n! "); n != 900 || m != 100 || strings.Contains(full, "more row") {
		t.Errorf("%d changes and %d failures are listed, and\n%s", n, m, full[len(full)-1000:])
	}
}

func TestPlanTextCountsWhatIsNotListed(t *testing.T) {
	for n, want := range map[int]struct {
		last int
		more string
	}{50: {49, ""}, 51: {6, "… 44 more rows: --full shows them\n"}} {
		got := planText(t, reporttest.NightlyPlan(), reporttest.ManyRows(n), false)
		_, got, _ = strings.Cut(got, fmt.Sprintf("+1801%07d\n", want.last))
		got, _, _ = strings.Cut(got, "\nPlan")
		reporttest.Diff(t, got, want.more)
	}
}

func TestPlanTextIsPlain(t *testing.T) {
	made := reporttest.NightlyPlan()
	made.Shapes[0].Shape = reporttest.Hostile
	made.Reading.Trouble = reporttest.Hostile
	got := planText(t, made, reporttest.Planned(reporttest.HostileRows()...), true)
	for line := range strings.Lines(got) {
		line = strings.TrimSuffix(line, "\n")
		if strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("control characters in %q", line)
		}
		if n := pretty.StringWidthWithoutEscSequences(line); n > 100 && line[0] != '~' { // changes are one line, to be searched for
			t.Errorf("%d columns: %q", n, line)
		}
	}
	want := "~ +18018018011      CnamLastName  \"=cmd()\\x1b[2J <script>\\u202eevil\\u202c\\r\\n号码号码号码号码号码\" -> \"(empty)\"\n" +
		"                    VoiceRouteId  CRID-\ufffd[2J\ufffd -> CRID-号码\n" +
		"! =cmd()\ufffd[2J <scr…  invalid  line 3 (row 2): =cmd()\ufffd[2J <script>\ufffdevil\ufffd\n"
	if !strings.Contains(got, want) {
		t.Errorf("no\n%s\nin\n%s", want, got)
	}
	if want := "! 号码              invalid  line 4 (row 3): x\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

func TestShapes(t *testing.T) {
	made := &plan.Plan{}
	shapes := func() string {
		return reporttest.Rendered(t, func(b *bytes.Buffer) error { return text.Shapes(b, made) })
	}
	reporttest.Diff(t, shapes(), "No changes\n")
	for i := range 25 {
		made.Shapes = append(made.Shapes, plan.ShapeCount{Shape: settings.Shape(fmt.Sprintf("shape %d", i)), Rows: i + 1})
	}
	if n := strings.Count(shapes(), "\n"); n != 25 {
		t.Errorf("of 25 shapes %d are shown", n)
	}
	made.Shapes = append(made.Shapes, plan.ShapeCount{Shape: "last", Rows: 1_000})
	lines := strings.Split(shapes(), "\n")
	reporttest.Diff(t, lines[18:], []string{
		"   19 x shape 18",
		"   20 x shape 19",
		"    …   1 more shape between, of 21 rows each",
		"   22 x shape 21",
		"   23 x shape 22",
		"   24 x shape 23",
		"   25 x shape 24",
		"1,000 x last",
		"",
	})
	made.Shapes = append(made.Shapes, plan.ShapeCount{Shape: "more", Rows: 2_000})
	if want := "\n    …   2 more shapes between, of 21 to 22 rows each\n"; !strings.Contains(shapes(), want) {
		t.Errorf("no %q in\n%s", want, shapes())
	}
	if full := planText(t, made, reporttest.Planned(), true); strings.Contains(full, "…") || !strings.Contains(full, "   21 x shape 20\n") {
		t.Errorf("a full plan has all shapes, not\n%s", full)
	}
}

// The one odd change among hundreds is shown with number and values, wherever in the
// file it is, and before the others.
func TestPlanTextShowsTheRarestChange(t *testing.T) {
	rows, totals := slices.Collect(reporttest.OddRows()), plan.NewTotals()
	for _, r := range rows {
		totals.Add(r, input.Row{})
	}
	made := totals.Plan(plan.Reading{Way: plan.ReadInventory})
	got := planText(t, made, reporttest.Planned(rows...), false)
	want := `  1 x VoiceRouteId CRID-a -> CRID-z
~ +18015551901
667 x MessageRouteId MRID-a -> MRID-b
~ +18015550003, +18015550006, `
	if !strings.HasPrefix(got, want) || !strings.Contains(got, "\n… 660 more rows: --full shows them\n") {
		t.Errorf("not %q at first in\n%s", want, got)
	}
}

// The text of a plan says on whose behalf it is, and what its routes are called.
func TestPlanTextSaysForWhom(t *testing.T) {
	run := reporttest.PlanRun()
	run.Ticket, run.Reason, run.Operator = "CHG-1", "move to the new hub", "Alex"
	made := reporttest.NightlyPlan()
	made.Routes = map[string]string{"MRID-b": "EU SMS hub"}
	got := reporttest.Rendered(t, func(b *bytes.Buffer) error {
		return text.Plan(b, &runs.Summary{Run: run, Folder: reporttest.PlanFolder}, made, reporttest.Planned(), false)
	})
	want := "\nTicket    CHG-1\nReason    move to the new hub\nOperator  Alex\nRoutes    MRID-b \"EU SMS hub\"\n"
	if !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}
