package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"time"
	"unicode"

	pretty "github.com/jedib0t/go-pretty/v6/text"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report"
)

// planRun is the run of the plans of these tests.
func planRun() batch.Identity {
	return batch.Identity{Name: "20261123T020000Z-nightly", Account: "DID-1", API: "https://api.example"}
}

const planFolder = "runs/20261123T020000Z-nightly"

func nightlyPlan() *batch.Plan {
	made := time.Date(2026, 11, 23, 2, 4, 0, 0, time.UTC)
	return &batch.Plan{
		Version: 1, MadeAt: made, Hash: "0f3a5c7e9b1d", Rows: 10_000,
		Counts: map[batch.Status]int{batch.Planned: 9_814, batch.Unchanged: 183, batch.Failed: 2, batch.Invalid: 1},
		Fields: map[string]int{"MessageRouteId": 9_812, "VoiceRouteId": 1}, Columns: []string{"MessageRouteId", "VoiceRouteId"},
		Shapes: []batch.ShapeCount{
			{Shape: "VoiceRouteId CRID-a -> CRID-z", Rows: 1},
			{Shape: "MessageRouteId MRID-a -> MRID-b", Rows: 9_812},
		},
		Reading: batch.Reading{Way: batch.ReadInventory, Numbers: 9_998, Found: 9_996, PagesInAll: 184, Pages: 184, Singles: 2},
		Budget: batch.Budget{
			Read: 186, ReadTokens: 2, Updates: 9_813, Tokens: 1, Rate: "48/m",
			TakesMs: 12_267_500, EndsAt: made.Add(12_267_500 * time.Millisecond), NaiveMs: 12_498_750,
		},
	}
}

func nightlyRows() []batch.PlanRow {
	return []batch.PlanRow{
		{Row: 1, Line: 2, Number: "+18018018011", Status: batch.Planned, Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}},
		{Row: 2, Line: 3, Number: "+18018018012", Status: batch.Unchanged},
		{Row: 3, Line: 4, Number: "+442079460000", Status: batch.Planned, Changes: []settings.Change{
			{Field: "VoiceRouteId", Old: "CRID-a", New: "CRID-z"},
			{Field: "CnamLastName", Old: "Smith", New: ""},
			{Field: "ProductType", New: "Data-Only", Hidden: true},
		}},
		{Row: 4, Line: 5, Number: "+18018018011", Status: batch.Planned, SameAs: 2, Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}},
		{Row: 5, Line: 1_017, Number: "+18018018013", Status: batch.Failed, Error: "number: status 404: the account has no such number" + strings.Repeat(", and it never had one", 2)},
		{Row: 6, Line: 1_018, Number: "8018018014", Status: batch.Invalid, Error: `Number "8018018014": the + is missing`},
	}
}

// planned is a sequence of a plan's rows.
func planned(rows ...batch.PlanRow) iter.Seq2[batch.PlanRow, error] {
	return func(yield func(batch.PlanRow, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// many are n rows with the same change.
func many(n int) iter.Seq2[batch.PlanRow, error] {
	return func(yield func(batch.PlanRow, error) bool) {
		changes := []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}
		for i := range n {
			r := batch.PlanRow{Row: i + 1, Line: i + 2, Number: fmt.Sprintf("+1801%07d", i), Status: batch.Planned, Changes: changes}
			if !yield(r, nil) {
				return
			}
		}
	}
}

func planText(t *testing.T, plan *batch.Plan, rows iter.Seq2[batch.PlanRow, error], full bool) string {
	t.Helper()
	return rendered(t, func(b *bytes.Buffer) error {
		return report.PlanText(b, planRun(), planFolder, plan, rows, full)
	})
}

func TestPlanText(t *testing.T) {
	diff(t, planText(t, nightlyPlan(), planned(nightlyRows()...), false), `    1 x VoiceRouteId CRID-a -> CRID-z
9,812 x MessageRouteId MRID-a -> MRID-b

~ +18018018011   MessageRouteId  MRID-a -> MRID-b
~ +442079460000  VoiceRouteId    CRID-a -> CRID-z
                 CnamLastName    Smith -> (empty)
                 ProductType     (not shown by the API) -> Data-Only
~ +18018018011   as line 2, sent once
! +18018018013   failed   line 1,017: number: status 404: the account has no such number, and it
                          never had one, and it never had one
! 8018018014     invalid  line 1,018: Number "8018018014": the + is missing

Plan 20261123T020000Z-nightly: 9,813 updates for 10,000 rows

Rows             10,000
  unchanged         183
  planned         9,814
  failed              2
  invalid             1

Account   DID-1 at https://api.example
Reading   184 inventory pages instead of 9,998 single numbers, then 2 single numbers missing there
Requests  188 made (reading 186, tokens 2), 9,814 needed (updates 9,813, tokens 1), 10,002 in all
Time      3 h 24 m at 48/m; begun at once, it is done at 2026-11-23 05:28:27 UTC
          sending every row would take 3 h 28 m
Hash      0f3a5c7e9b1d
Folder    runs/20261123T020000Z-nightly
`)
}

func TestPlanTextWithoutChanges(t *testing.T) {
	plan := &batch.Plan{
		Hash: "e3b0c44298fc", Rows: 1, Counts: map[batch.Status]int{batch.Unchanged: 1},
		Reading: batch.Reading{Way: batch.ReadEach, Numbers: 1, Found: 1, Singles: 1},
		Budget:  batch.Budget{Read: 1, ReadTokens: 1, Rate: "48/m", NaiveMs: 1_250},
	}
	run := planRun()
	run.Account, run.Sandbox = "", true
	got := rendered(t, func(b *bytes.Buffer) error {
		return report.PlanText(b, run, planFolder, plan, planned(nightlyRows()[1]), false)
	})
	diff(t, got, `No changes

Plan 20261123T020000Z-nightly (sandbox): nothing to send, every row is as asked

Rows             1
  unchanged      1

Reading   1 single number
Requests  2 made (reading 1, tokens 1), none needed
Time      sending every row would take 1.2 s
Hash      e3b0c44298fc
Folder    runs/20261123T020000Z-nightly
`)
}

func TestPlanTextOfEveryRow(t *testing.T) {
	plan := nightlyPlan()
	plan.Reading = batch.Reading{Way: batch.ReadNone}
	plan.Budget.Read, plan.Budget.ReadTokens = 0, 0
	got := planText(t, plan, planned(), false)
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
	for want, change := range map[string]func(*batch.Plan){
		"there are no rows":   func(p *batch.Plan) { p.Rows, p.Counts = 0, nil },
		"nothing to send":     func(p *batch.Plan) { p.Budget.Updates, p.Counts = 0, map[batch.Status]int{batch.Failed: 1} },
		"1 update for 1 row":  func(p *batch.Plan) { p.Rows, p.Budget.Updates = 1, 1 },
		"7 updates for 8 row": func(p *batch.Plan) { p.Rows, p.Budget.Updates = 8, 7 },
	} {
		plan := nightlyPlan()
		change(plan)
		if got := planText(t, plan, planned(), false); !strings.Contains(got, "nightly: "+want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// Of very many rows the first ones of either kind are listed: a failure is not
// hidden behind changes.
func TestPlanTextListsTheFirstRowsOfAKind(t *testing.T) {
	rows := func(yield func(batch.PlanRow, error) bool) {
		for r, err := range many(1_000) {
			if r.Row > 900 {
				r.Status, r.Changes, r.Error = batch.Failed, nil, "no such number"
			}
			if !yield(r, err) {
				return
			}
		}
	}
	short := planText(t, nightlyPlan(), rows, false)
	if n, m := strings.Count(short, "\n~ "), strings.Count(short, "\n! "); n != 50 || m != 50 {
		t.Errorf("%d changes and %d failures are listed", n, m)
	}
	if want := "\n… 850 more rows with changes, 50 more rows that cannot be sent: --full shows them\n\nPlan"; !strings.Contains(short, want) {
		t.Errorf("no %q in\n%s", want, short)
	}
	full := planText(t, nightlyPlan(), rows, true)
	if n, m := strings.Count(full, "\n~ "), strings.Count(full, "\n! "); n != 900 || m != 100 || strings.Contains(full, "more row") {
		t.Errorf("%d changes and %d failures are listed, and\n%s", n, m, full[len(full)-1000:])
	}
}

func TestPlanTextCountsWhatIsNotListed(t *testing.T) {
	for n, want := range map[int]string{50: "", 51: "… 1 more row with changes: --full shows them\n"} {
		got := planText(t, nightlyPlan(), many(n), false)
		_, got, _ = strings.Cut(got, fmt.Sprintf("+1801%07d  MessageRouteId  MRID-a -> MRID-b\n", 49))
		got, _, _ = strings.Cut(got, "\nPlan")
		diff(t, got, want)
	}
}

// hostile is text from outside that must neither break lines nor reach the
// terminal's ears nor be calculated.
const hostile = "=cmd()\x1b[2J <script>\u202eevil\u202c\r\n号码号码号码号码号码"

func hostileRows() []batch.PlanRow {
	return []batch.PlanRow{
		{Row: 1, Line: 2, Number: "+18018018011", Status: batch.Planned, Changes: []settings.Change{
			{Field: "CnamLastName", Old: hostile, New: "(empty)"},
			{Field: "VoiceRouteId", Old: "CRID-\x1b[2J\u202e", New: "CRID-号码"},
		}},
		{Row: 2, Line: 3, Number: hostile, Status: batch.Invalid, Error: hostile + strings.Repeat("号码", 100)},
		{Row: 3, Line: 4, Number: "号码", Status: batch.Invalid, Error: "x"},
	}
}

func TestPlanTextIsPlain(t *testing.T) {
	plan := nightlyPlan()
	plan.Shapes[0].Shape = hostile
	plan.Reading.Trouble = hostile
	got := planText(t, plan, planned(hostileRows()...), true)
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
		"! =cmd()\ufffd[2J <scr…  invalid  line 3: =cmd()\ufffd[2J <script>\ufffdevil\ufffd\n"
	if !strings.Contains(got, want) {
		t.Errorf("no\n%s\nin\n%s", want, got)
	}
	if want := "! 号码              invalid  line 4: x\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

func TestShapes(t *testing.T) {
	plan := &batch.Plan{}
	shapes := func() string { return rendered(t, func(b *bytes.Buffer) error { return report.Shapes(b, plan) }) }
	diff(t, shapes(), "No changes\n")
	for i := range 25 {
		plan.Shapes = append(plan.Shapes, batch.ShapeCount{Shape: settings.Shape(fmt.Sprintf("shape %d", i)), Rows: i + 1})
	}
	if n := strings.Count(shapes(), "\n"); n != 25 {
		t.Errorf("of 25 shapes %d are shown", n)
	}
	plan.Shapes = append(plan.Shapes, batch.ShapeCount{Shape: "last", Rows: 1_000})
	lines := strings.Split(shapes(), "\n")
	diff(t, lines[18:], []string{
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
	plan.Shapes = append(plan.Shapes, batch.ShapeCount{Shape: "more", Rows: 2_000})
	if want := "\n    …   2 more shapes between, of 21 to 22 rows each\n"; !strings.Contains(shapes(), want) {
		t.Errorf("no %q in\n%s", want, shapes())
	}
	if full := planText(t, plan, planned(), true); strings.Contains(full, "…") || !strings.Contains(full, "   21 x shape 20\n") {
		t.Errorf("a full plan has all shapes, not\n%s", full)
	}
}

func failingPlan(yield func(batch.PlanRow, error) bool) {
	if yield(nightlyRows()[0], nil) {
		yield(batch.PlanRow{}, errRows)
	}
}

func TestAnErrorAmongThePlannedRowsIsTold(t *testing.T) {
	for name, err := range map[string]error{
		"text, rows":   report.PlanText(io.Discard, planRun(), "", nightlyPlan(), failingPlan, false),
		"json, rows":   report.PlanJSON(io.Discard, planRun(), "", nightlyPlan(), nil, failingPlan),
		"csv, rows":    report.PlanCSV(io.Discard, failingPlan),
		"text, writer": report.PlanText(full{}, planRun(), "", nightlyPlan(), planned(), false),
		"list, writer": report.PlanText(full{}, planRun(), "", nightlyPlan(), planned(nightlyRows()...), false),
		"json, writer": report.PlanJSON(full{}, planRun(), "", nightlyPlan(), nil, planned()),
		"csv, writer":  report.PlanCSV(full{}, planned()),
		"shapes":       report.Shapes(full{}, nightlyPlan()),
	} {
		if !errors.Is(err, errRows) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// planWriters are the ways to write a plan wholly.
func planWriters() map[string]func(io.Writer, iter.Seq2[batch.PlanRow, error]) error {
	return map[string]func(io.Writer, iter.Seq2[batch.PlanRow, error]) error{
		"text": func(w io.Writer, rows iter.Seq2[batch.PlanRow, error]) error {
			return report.PlanText(w, planRun(), planFolder, nightlyPlan(), rows, true)
		},
		"json": func(w io.Writer, rows iter.Seq2[batch.PlanRow, error]) error {
			return report.PlanJSON(w, planRun(), planFolder, nightlyPlan(), nil, rows)
		},
		"csv": report.PlanCSV,
	}
}

// written counts bytes.
type written int

func (w *written) Write(p []byte) (int, error) {
	*w += written(len(p))
	return len(p), nil
}

// What has been read is written soon after, however many rows follow.
func TestPlansStream(t *testing.T) {
	for name, write := range planWriters() {
		var out written
		rows := func(yield func(batch.PlanRow, error) bool) {
			for r, err := range many(5_000) {
				if r.Row > 1_024 && int(out) < (r.Row-1_024)*30 {
					t.Fatalf("%s: at row %d only %d bytes are written", name, r.Row, out)
				}
				if !yield(r, err) {
					return
				}
			}
		}
		if err := write(&out, rows); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkPlan writes plans of 100,000 rows.
func BenchmarkPlan(b *testing.B) {
	for name, write := range planWriters() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := write(io.Discard, many(100_000)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
