package report

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/html"
)

// HTML writes a run, or a plan, as one page for people: what happened in words,
// figures and charts, and the rows that have one of the statuses, or all of them
// if no status is given. The summary is the run's, with its results counted.
func HTML(ctx context.Context, w io.Writer, run *batch.Run, s *batch.Summary, statuses []batch.Status) error {
	return htmlOf(w, run, s, run.Results(ctx), statuses)
}

// htmlOf is [HTML] of results that may be none.
func htmlOf(w io.Writer, run *batch.Run, s *batch.Summary, results iter.Seq2[batch.Result, error], statuses []batch.Status) error {
	t, err := newTimeline(run)
	if err != nil {
		return err
	}
	for r, err := range results {
		if err != nil {
			return err
		}
		t.result(r)
	}
	charts, err := figures(s, t)
	if err != nil {
		return err
	}
	page := pageOf(s, run.Plan())
	if s.Run.DryRun || s.Stop != nil && s.Stop.Reason == batch.Guarded {
		checks, err := run.Checks()
		if err != nil {
			return err
		}
		page.Tables = append(page.Tables, guardTable(checks, s.Stop)...)
	}
	page.Charts, page.Only = charts, amounts(s.Counts, statuses...)
	return html.Write(w, page, pageRows(run, s, t, results, statuses))
}

// pageOf is a page without its charts and rows.
func pageOf(s *batch.Summary, plan *batch.Plan) html.Page {
	p := html.Page{
		Kind:     "Run",
		Name:     s.Run.Name,
		Sandbox:  s.Run.Sandbox,
		Headline: capital(happened(s)),
		Tone:     tone(s),
		Lead:     lead(s),
		Figures:  runFigures(s, plan),
		Facts:    facts(s, plan),
		Rows:     s.Rows,
		Routes:   s.Routes,
		CSV:      s.Folder + "/" + rundir.ResultsFile,
		MadeAt:   time.Now().Format(clock),
	}
	if s.Run.DryRun {
		p.Kind = "Plan"
	}
	if planned(s, plan) {
		p.Headline, p.Figures = capital(planHeadline(plan)), planFigures(plan)
	}
	if plan != nil {
		p.Tables = append(p.Tables, shapeTable(plan, s.Routes))
	}
	if len(s.Waves) > 0 {
		p.Tables = append(p.Tables, waveTable(s.Waves))
	}
	for _, step := range NextSteps(s) {
		p.Next = append(p.Next, html.Command{Label: step.What + ":", Line: step.Command})
	}
	for _, status := range batch.Statuses() {
		p.Statuses = append(p.Statuses, string(status))
	}
	for _, status := range urgent() {
		p.Urgent = append(p.Urgent, string(status))
	}
	return p
}

// planned reports whether a run came to its plan, which was all that it should.
func planned(s *batch.Summary, plan *batch.Plan) bool {
	return s.Run.DryRun && s.Stop == nil && plan != nil
}

// urgent are the statuses of rows that are shown first.
func urgent() []batch.Status {
	return []batch.Status{batch.Failed, batch.Unknown, batch.Conflict, batch.Invalid, batch.NotAttempted, batch.Pending}
}

// tone is how good the end of a run is.
func tone(s *batch.Summary) html.Tone {
	good := s.Counts[batch.Updated] + s.Counts[batch.Unchanged]
	switch {
	case s.State == batch.Unfinished:
		return html.Warning
	case s.Stop != nil && (s.Stop.Reason == batch.StoppedBySignal || s.Stop.Reason == batch.StoppedByDeadline || s.Stop.Reason == batch.Declined):
		return html.Warning
	case s.Stop != nil, s.Counts[batch.Failed]+s.Counts[batch.Unknown] > 0:
		return html.Bad
	case good == s.Rows:
		return html.Good
	case good+s.Counts[batch.Planned] == s.Rows:
		return html.Neutral
	default:
		return html.Warning
	}
}

// lead says for whom, by whom and why a run was.
func lead(s *batch.Summary) []string {
	run := s.Run
	var lines []string
	where := "Of " + run.Source
	if run.Account != "" {
		where += ", for account " + run.Account + " at " + run.API
	}
	if who := by(run); who != "" {
		where += ", " + who
	}
	lines = append(lines, where+".")
	if run.RollbackOf != "" {
		lines = append(lines, "It takes back run "+run.RollbackOf+".")
	}
	var behalf []string
	for _, f := range []struct{ label, text string }{{"ticket", run.Ticket}, {"operator", run.Operator}, {"reason", run.Reason}} {
		if f.text != "" {
			behalf = append(behalf, f.label+" "+f.text)
		}
	}
	if len(behalf) > 0 {
		lines = append(lines, capital(strings.Join(behalf, ", "))+".")
	}
	return lines
}

// by says who ran it.
func by(run batch.Identity) string {
	switch {
	case run.User != "" && run.Host != "":
		return "by " + run.User + " on " + run.Host
	case run.User != "":
		return "by " + run.User
	case run.Host != "":
		return "on " + run.Host
	default:
		return ""
	}
}

// runFigures are the numbers that matter most of a run.
func runFigures(s *batch.Summary, plan *batch.Plan) []html.Figure {
	good := s.Counts[batch.Updated] + s.Counts[batch.Unchanged] + s.Counts[batch.Planned]
	rest := s.Rows - good
	figures := []html.Figure{{Label: "Rows", Value: Count(s.Rows)}}
	asked := html.Figure{Label: "As asked", Value: Count(good), Note: amounts(s.Counts, batch.Updated, batch.Unchanged, batch.Planned), Tone: html.Good}
	if good == 0 {
		asked.Tone = html.Neutral
	}
	figures = append(figures, asked)
	if rest > 0 {
		figures = append(figures, html.Figure{Label: "Not as asked", Value: Count(rest), Note: amounts(s.Counts, urgent()...), Tone: tone(s)})
	}
	requests := html.Figure{Label: "Requests", Value: Count(s.Requests.Total)}
	if plan != nil && plan.Reading.Way != batch.ReadNone {
		requests.Note = "sending every row would take " + Count(plan.Rows-plan.Counts[batch.Invalid])
	}
	took := html.Figure{Label: "Time", Value: milliseconds(s.DurationMs)}
	if plan != nil && plan.Reading.Way != batch.ReadNone {
		took.Note = "sending every row would take " + milliseconds(plan.Budget.NaiveMs)
	}
	return append(figures, requests, took)
}

// amounts are counts in words: "12 failed, 3 unknown".
func amounts(of map[batch.Status]int, statuses ...batch.Status) string {
	var parts []string
	for _, status := range statuses {
		if n := of[status]; n > 0 {
			parts = append(parts, Count(n)+" "+string(status))
		}
	}
	return strings.Join(parts, ", ")
}

// shapeTable is what the changes of a plan have in common.
func shapeTable(plan *batch.Plan, routes map[string]string) html.Table {
	t := html.Table{
		Title:   "Changes",
		Note:    "By what rows have in common. The rarest come first, because that is where mistakes hide.",
		Columns: []html.Column{{Name: "Rows", Numeric: true}, {Name: "Change"}},
	}
	line := func(rows, text string) { t.Lines = append(t.Lines, []string{rows, text}) }
	n := len(plan.Shapes)
	for i, shape := range plan.Shapes {
		switch {
		case n <= rarestShapes+commonestShapes || i < rarestShapes || i >= n-commonestShapes:
			line(Count(shape.Rows), named(string(shape.Shape), routes))
		case i == rarestShapes:
			middle := plan.Shapes[rarestShapes : n-commonestShapes]
			line("…", fmt.Sprintf("%s between, of %s", countOf(len(middle), "more shape"), rowsOf(middle)))
		}
	}
	if n == 0 {
		t.Note, t.Columns = "There are none.", nil
	}
	return t
}

// guardTable is what the guards measured, if there are any.
func guardTable(checks []batch.Check, stop *batch.Stop) []html.Table {
	t := html.Table{
		Title:   "Guards",
		Note:    "What must hold before anything is sent; it is checked again when the plan is applied.",
		Columns: []html.Column{{Name: "Guard"}, {Name: "Measured"}, {Name: "Allowed"}, {Name: "Holds"}},
	}
	for _, c := range checks {
		t.Lines = append(t.Lines, []string{c.Guard, c.Measured, c.Limit, holds(c.Holds)})
	}
	if stop != nil {
		t.Note = "Refused: " + reason(stop)
	}
	if len(t.Lines) == 0 {
		return nil
	}
	return []html.Table{t}
}

func holds(is bool) string {
	if is {
		return "✓ yes"
	}
	return "✕ no"
}

// waveTable is how the waves of a run ended.
func waveTable(waves []batch.WaveEnded) html.Table {
	t := html.Table{Title: "Waves", Columns: []html.Column{
		{Name: "Wave"}, {Name: "Rows", Numeric: true}, {Name: "Ended"}, {Name: "Read back"}, {Name: "Took"},
	}}
	for _, w := range waves {
		t.Lines = append(t.Lines, []string{
			fmt.Sprintf("%d of %d", w.N, w.Of), Count(w.Rows), endedText(w), readBackText(w), Duration(w.At.Sub(w.StartedAt)),
		})
	}
	return t
}

// capital begins a text with a capital letter.
func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// pageRows gives the rows of a page: all of them in the input's order, or of
// very many those with trouble before the others, up to the limit.
func pageRows(run *batch.Run, s *batch.Summary, t *timeline, results iter.Seq2[batch.Result, error], statuses []batch.Status) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		left := html.RowLimit
		passes := []func(batch.Result) bool{func(batch.Result) bool { return true }}
		if s.Rows > left {
			troubled := func(r batch.Result) bool { return slices.Contains(urgent(), r.Status) }
			passes = []func(batch.Result) bool{troubled, func(r batch.Result) bool { return !troubled(r) }}
		}
		for _, wanted := range passes {
			for r, err := range planned2(run, results) {
				if err == nil && (!wanted(r.Result) || len(statuses) > 0 && !slices.Contains(statuses, r.Status)) {
					continue
				}
				if err == nil {
					r.Tries = t.tries[cmp.Or(r.SameAs, r.Line)]
				}
				if left--; left < 0 || !yield(r.Row, err) || err != nil {
					return
				}
			}
		}
	}
}

// plannedRow is a row of the page with what only its plan knows.
type plannedRow struct {
	html.Row
	SameAs int
}

// planned2 gives results with the changes of their plan, if there is one.
func planned2(run *batch.Run, results iter.Seq2[batch.Result, error]) iter.Seq2[plannedRow, error] {
	return func(yield func(plannedRow, error) bool) {
		next, stop := iter.Pull2(run.PlanRows())
		defer stop()
		for result, err := range results {
			row := plannedRow{Row: html.Row{Result: result}}
			if p, planErr, ok := next(); ok && err == nil {
				row.Changes, row.Shape, row.SameAs, err = p.Changes, settings.ShapeOf(p.Changes), p.SameAs, planErr
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}
