package markdown_test

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/markdown"
	"github.com/bulknum/bulknum/report/reporttest"
)

// hostile are texts that Markdown, HTML or a chat could take for something else.
var hostile = []string{
	"a|b", "a\\|b", "`code`", "``", "x\r\n| y |\n\n# z", "<script>alert(1)</script>", "<!-- x", "[link](https://evil.example)",
	"**bold** _it_ ~~gone~~", "@everyone", "see #123", "www.evil.example", "https://evil.example", "&lt;b&gt;", "ends with \\",
	"![i](https://evil.example/x.png)", "---", "$x$", "| --- |", "<https://evil.example>",
}

// page is what a Markdown library makes of a report.
type page struct {
	text       string
	paragraphs []string
	tables     []table
	tags       map[string]int
}

// table is one of its tables: its lines, the first of which is the heads.
type table [][]string

// rendered renders a report as GitHub would, and looks at what comes of it.
func rendered(t *testing.T, report string) page {
	t.Helper()
	var out bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(report), &out); err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(&out)
	if err != nil {
		t.Fatal(err)
	}
	p := page{tags: map[string]int{}}
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			p.text += n.Data
		case html.ElementNode:
			p.tags[n.Data]++
		default: // it says nothing
		}
		switch n.Data {
		case "p":
			p.paragraphs = append(p.paragraphs, textOf(n))
		case "table":
			p.tables = append(p.tables, nil)
		case "tr":
			last := &p.tables[len(p.tables)-1]
			*last = append(*last, cellsOf(n))
		}
	}
	return p
}

// cellsOf are the texts of a line's cells.
func cellsOf(tr *html.Node) (cells []string) {
	for n := range tr.ChildNodes() {
		if n.Data != "td" && n.Data != "th" {
			continue
		}
		cells = append(cells, textOf(n))
	}
	return cells
}

// textOf is all text below a node.
func textOf(n *html.Node) (text string) {
	for below := range n.Descendants() {
		if below.Type == html.TextNode {
			text += below.Data
		}
	}
	return text
}

// whole says what is broken of a page.
func (p page) whole(t *testing.T) {
	t.Helper()
	known := []string{"html", "head", "body", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "strong", "ul", "li"}
	for _, tag := range slices.Sorted(maps.Keys(p.tags)) {
		if !slices.Contains(known, tag) {
			t.Errorf("a text became <%s>, %d times", tag, p.tags[tag])
		}
	}
	for _, text := range p.paragraphs {
		if strings.HasPrefix(text, "|") {
			t.Errorf("a table is broken: %q", text)
		}
	}
	for _, table := range p.tables {
		for _, cells := range table {
			if len(cells) != len(table[0]) {
				t.Errorf("%q has not the columns of %q", cells, table[0])
			}
		}
	}
}

// seen is a text as a page shows it: on one line, and with nothing that a link or a mention needs.
func seen(text string) string {
	text = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
	return strings.TrimSpace(text)
}

// A plan of 5,000 rows with names of every kind fits, shows every kind of change, and breaks no table.
func TestPlanShowsEveryKindOfChange(t *testing.T) {
	made, rows := bigPlan(400)
	text := planText(t, made, rows)
	if n := utf8.RuneCountInString(text); n > markdown.MostCharacters {
		t.Errorf("it has %d characters", n)
	}
	p := rendered(t, text)
	p.whole(t)
	shown := strings.ReplaceAll(p.text, "\u200b", "")
	for _, shape := range made.Shapes {
		if !strings.Contains(shown, seen(string(shape.Shape))) {
			t.Errorf("it does not show %q", shape.Shape)
		}
	}
	for _, want := range []string{
		"5,000 updates for 5,000 rows", "planned", "more than 2,000", "would refuse", "0f3a5c7e9b1d", "a warning", "2 of 2", "the number is unknown",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("it does not say %q:\n%s", want, shown)
		}
	}
}

// Where every row is a kind of its own, as many are shown as there is room for, the rarest and the commonest, and how many
// rows change each field.
func TestPlanOfTooManyKinds(t *testing.T) {
	made, rows := bigPlan(5_000)
	text := planText(t, made, rows)
	if n := utf8.RuneCountInString(text); n > markdown.MostCharacters || n < markdown.MostCharacters/2 {
		t.Errorf("it has %d characters", n)
	}
	p := rendered(t, text)
	p.whole(t)
	for _, want := range []string{"more shapes between, of 1 row each", "Field that they change", "CnamLastName", "MessageRouteId", "VoiceRouteId"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("it does not say %q:\n%s", want, p.text)
		}
	}
}

// What became of a run fits too, with trouble before all others.
func TestReport(t *testing.T) {
	made, _ := bigPlan(400)
	results := func(yield func(result.Result, error) bool) {
		for i := range 5_000 {
			r := result.Result{Row: i + 1, Line: i + 2, Number: number(i), Status: result.Updated, UpdateOrderId: fmt.Sprintf("JNUOID-%d", i), Changes: hostile[i%len(hostile)]}
			if i >= 4_000 {
				r.Status, r.Error = result.Failed, strings.Repeat(hostile[i%len(hostile)]+" ", 40)
			}
			if !yield(r, nil) {
				return
			}
		}
	}
	s := &runs.Summary{
		Run: run(), Folder: hostile[0], Rows: 5_000, Counts: map[result.Status]int{result.Updated: 4_000, result.Failed: 1_000},
		StartedAt: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), DurationMs: 61_000, Requests: request.Counts{Total: 5_002},
		Waves: []event.WaveEnded{{Wave: plan.Wave{N: 1, Of: 1, Rows: 5_000}, Why: hostile[1]}},
	}
	text := reporttest.Rendered(t, func(b *bytes.Buffer) error { return markdown.Report(b, s, made, results) })
	if n := utf8.RuneCountInString(text); n > markdown.MostCharacters {
		t.Errorf("it has %d characters", n)
	}
	p := rendered(t, text)
	p.whole(t)
	rows := p.tables[len(p.tables)-1]
	if len(rows) < 50 || rows[1][2] != "failed" || !strings.Contains(rows[1][4], "a|b a|b") { //nolint:dupword // it is the text
		t.Errorf("the rows begin %q", rows[:2])
	}
	for _, want := range []string{"1 of 1", "did not pass", "5,002", "1,000", "1 m 1 s"} {
		if !strings.Contains(p.text, want) {
			t.Errorf("it does not say %q:\n%s", want, p.text)
		}
	}
}

// run is the run of these tests, with texts from outside.
func run() runs.Identity {
	run := reporttest.PlanRun()
	run.Source, run.Ticket, run.Reason, run.Operator = hostile[4], hostile[9], hostile[5], hostile[2]
	return run
}

func number(i int) string { return fmt.Sprintf("+1801%07d", i) }

// bigPlan is a plan of 5,000 rows that have so many kinds of change.
func bigPlan(kinds int) (*plan.Plan, iter.Seq2[plan.Row, error]) {
	fields := []string{"CnamLastName", "MessageRouteId", "VoiceRouteId"}
	count := map[settings.Shape]int{}
	all := make([]plan.Row, 5_000)
	made := reporttest.NightlyPlan()
	made.Rows, made.Counts, made.Fields, made.Shapes = 5_000, map[result.Status]int{result.Planned: 5_000}, map[string]int{}, nil
	made.Budget.Updates = 5_000
	for i := range all {
		kind := i % kinds
		change := settings.Change{Field: "MessageRouteId", Old: "MRID-a", New: fmt.Sprintf("MRID-%d %s", kind, hostile[kind%len(hostile)])}
		if kind < len(fields) {
			change.Field = fields[kind]
		}
		all[i] = plan.Row{Row: i + 1, Line: i + 2, Number: number(i), Status: result.Planned, Changes: []settings.Change{change}}
		count[settings.ShapeOf(all[i].Changes)]++
		made.Fields[change.Field]++
	}
	all[17].Status, all[17].Error = result.Failed, "the number is unknown "+hostile[0]
	for shape, rows := range count {
		made.Shapes = append(made.Shapes, plan.ShapeCount{Shape: shape, Rows: rows})
	}
	slices.SortFunc(made.Shapes, func(a, b plan.ShapeCount) int { return strings.Compare(string(a.Shape), string(b.Shape)) })
	slices.SortStableFunc(made.Shapes, func(a, b plan.ShapeCount) int { return a.Rows - b.Rows })
	made.Waves = []plan.Wave{{N: 1, Of: 2, Rows: 10, Upto: 10}, {N: 2, Of: 2, Rows: 4_990, Upto: 5_000}}
	for _, text := range hostile {
		made.Notes = append(made.Notes, plan.Note{Warning: "a warning " + text, Rows: 1, Lines: []int{2}})
	}
	return made, reporttest.Planned(all...)
}

func planText(t *testing.T, made *plan.Plan, rows iter.Seq2[plan.Row, error]) string {
	t.Helper()
	checks := []guard.Check{{Guard: guard.MaxChanges, Measured: "5,000 rows change, more than 2,000 " + hostile[0], Most: "2,000"}}
	return reporttest.Rendered(t, func(b *bytes.Buffer) error {
		return markdown.Plan(b, &runs.Summary{Run: run(), Folder: reporttest.PlanFolder, Guards: checks}, made, rows)
	})
}
