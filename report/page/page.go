// Package page is report.html: what the page of a run or of a plan says, when a run has ended and while it runs.
//
// Package html has the page's form, and package chart its drawings.
package page

import (
	"context"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// Write writes a run, or a plan, as one page for people: what happened in words,
// figures and charts, and the rows that have one of the statuses, or all of them
// if no status is given. The summary is the run's, with its results counted. A masker hides what identifies persons;
// nil: nothing is hidden.
func Write(ctx context.Context, w io.Writer, run *runs.Run, s *runs.Summary, statuses []result.Status, m *mask.Masker) error {
	results := runs.PlannedResults(ctx, run)
	r, err := NewReport(run)
	if err != nil {
		return err
	}
	r.mask = m
	for _, err := range r.Adding(results) {
		if err != nil {
			return err
		}
	}
	return r.Write(w, s, results, statuses)
}

// Report is the page of a run that takes in what became of its rows before it is written.
type Report struct {
	run   *runs.Run
	of    *timeline
	found found
	kinds *words.Kinds // of what a plan would do; nil: it is a run, or has no plan
	kept  *html.Kept   // all rows in detail; nil: they are too many
	mask  *mask.Masker // nil: nothing is hidden
}

// NewReport is one of a run, with its requests and what was found later.
func NewReport(run *runs.Run) (*Report, error) {
	t, err := newTimeline(run)
	if err != nil {
		return nil, err
	}
	last, err := run.LastVerified()
	return &Report{run: run, of: t, found: found{last: last}}, err
}

// Adding gives the run's results, and takes them in, these and no others.
func (r *Report) Adding(results iter.Seq2[runs.PlannedResult, error]) iter.Seq2[runs.PlannedResult, error] {
	return func(yield func(runs.PlannedResult, error) bool) {
		for i := range r.of.spans {
			r.of.spans[i].done = 0
		}
		r.found, r.kept = found{last: r.found.last}, nil
		if r.run.Identity.DryRun && r.run.Plan != nil {
			r.kinds = words.NewKinds(r.run.Plan)
		}
		var kept html.Kept
		var last settings.Shapes
		whole := true
		for row, err := range results {
			if err == nil {
				r.of.result(row.Result)
				r.found.add(row.Result)
				whole = whole && kept.Add(r.detail(row, &last))
			}
			if err == nil && r.kinds != nil {
				r.kinds.Add(row.Row)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if whole {
			r.kept = &kept
		}
	}
}

// Write is [Write], when the results were taken in.
func (r *Report) Write(w io.Writer, s *runs.Summary, results iter.Seq2[runs.PlannedResult, error], statuses []result.Status) error {
	page, err := r.page(s, statuses)
	if err != nil {
		return err
	}
	return r.write(w, mask.Hide(r.mask, page), s, results, statuses)
}

// write writes a page with the rows that were taken in, or reads the results once more.
func (r *Report) write(w io.Writer, page html.Page, s *runs.Summary, results iter.Seq2[runs.PlannedResult, error], statuses []result.Status) error {
	if r.kept != nil && len(statuses) == 0 && s.Rows <= html.RowLimit {
		return r.kept.Write(w, page)
	}
	return html.Write(w, page, pageRows(r, results, s, statuses))
}

// page is the page of the run, without its rows.
func (r *Report) page(s *runs.Summary, statuses []result.Status) (html.Page, error) {
	run := r.run
	kinds := r.kinds
	if !s.Run.DryRun { // any more
		kinds = nil
	}
	page := pageOf(s, run.Plan, kinds)
	page.Only = amounts(s.Counts, statuses...)
	page.Charts = figures(s, r.of)
	page.Tables = append(page.Tables, guardTable(s)...)
	left, err := run.Skipped()
	if err != nil {
		return page, err
	}
	addSkipped(&page, s, left)
	r.found.tell(&page, s)
	return page, nil
}

// pageOf is a page without its charts and rows.
func pageOf(s *runs.Summary, made *plan.Plan, kinds *words.Kinds) html.Page {
	p := html.Page{
		Kind:     "Run",
		Name:     s.Run.Name,
		Sandbox:  s.Run.Sandbox,
		Headline: words.Capital(words.Happened(s)),
		Tone:     tone(s),
		Lead:     lead(s),
		Figures:  runFigures(s, made),
		Facts:    facts(s, made),
		Rows:     s.Rows,
		Routes:   s.Routes,
		Statuses: names(result.Statuses()),
		Urgent:   names(foremost(s)),
		CSV:      s.Folder + "/" + folder.ResultsFile,
		At:       time.Now(),
	}
	p.MadeAt = p.At.Format(words.Clock)
	if s.Run.DryRun {
		p.Kind = "Plan"
	}
	if planned(s, made) {
		p.Headline, p.Figures = words.Capital(words.PlanHeadline(made, s.Guards)), planFigures(made)
		p.Lead = append(p.Lead, "Its hash, "+made.Hash+", names exactly these changes.")
	}
	if made != nil {
		p.Tables = append(p.Tables, shapeTable(made, s.Routes, kinds))
		p.Tables = append(p.Tables, unlistedTable(made, s.Routes)...)
	}
	if waves := words.Waves(s); len(waves) > 0 {
		p.Tables = append(p.Tables, waveTable(waves))
	}
	for _, step := range words.NextSteps(s) {
		p.Next = append(p.Next, html.Command{Label: step.What + ":", Line: step.Command})
	}
	return p
}

// names are statuses as the page has them.
func names(statuses []result.Status) []string {
	list := make([]string, len(statuses))
	for i, status := range statuses {
		list[i] = string(status)
	}
	return list
}

// planned reports whether a run came to its plan, which was all that it should.
func planned(s *runs.Summary, made *plan.Plan) bool {
	return s.Run.DryRun && s.Stop == nil && made != nil
}

// foremost are the statuses of rows that are shown first: those with trouble, and of a
// plan what it would change before them.
func foremost(s *runs.Summary) []result.Status {
	if s.Run.DryRun {
		return append([]result.Status{result.Planned}, urgent()...)
	}
	return urgent()
}

// urgent are the statuses of rows with trouble.
func urgent() []result.Status {
	return []result.Status{result.Failed, result.Unknown, result.Conflict, result.Invalid, result.NotAttempted, result.Pending}
}

// tone is how good the end of a run is.
func tone(s *runs.Summary) html.Tone {
	good := s.Counts[result.Updated] + s.Counts[result.Unchanged]
	switch {
	case s.State == runs.Running, s.State == runs.Crashed:
		return html.Warning
	case s.Stop != nil && s.Stop.Reason.Expected():
		return html.Warning
	case len(guard.Refusals(s.Guards, false)) > 0:
		return html.Bad
	case s.Stop != nil, s.GateAgainst() != "", s.Counts[result.Failed]+s.Counts[result.Unknown] > 0:
		return html.Bad
	case good == s.Rows && words.NotInSync(s) == "":
		return html.Good
	case good+s.Counts[result.Planned] == s.Rows:
		return html.Neutral
	default:
		return html.Warning
	}
}

// lead says for whom, by whom and why a run was.
func lead(s *runs.Summary) []string {
	run := s.Run
	var lines []string
	where := "Of " + run.Source
	if run.RollbackOf != "" {
		where = "It rolls back run " + run.RollbackOf
	}
	if run.Account != "" {
		where += ", for account " + run.Account + " at " + run.API
	}
	if who := by(run); who != "" {
		where += ", " + who
	}
	lines = append(lines, where+".")
	if back := s.RolledBack; back != nil {
		lines = append(lines, "It was "+back.String()+": "+words.RolledBackRows(back)+".")
	}
	var behalf []string
	for _, f := range []struct{ label, text string }{{"ticket", run.Ticket}, {"operator", run.Operator}, {"reason", run.Reason}} {
		if f.text != "" {
			behalf = append(behalf, f.label+" "+f.text)
		}
	}
	if len(behalf) > 0 {
		lines = append(lines, words.Capital(strings.Join(behalf, ", "))+".")
	}
	return lines
}

// by says who ran it.
func by(run runs.Identity) string {
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
