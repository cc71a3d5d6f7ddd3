package page

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// LivePolicy is what the page of [Live] may do in a browser, as a content
// security policy.
func LivePolicy() string { return html.Policy(true) }

// ReaderPlace is the text in the page of [Live] in whose place its server puts
// the name and the key of who loads it.
const ReaderPlace = html.ReaderPlace

// Live writes the page of a run as the store tells of it now, like [Write], with where it
// stands and what follows it as it goes on. There may be no run yet.
func Live(ctx context.Context, w io.Writer, in runs.Folder, now *control.Status) error {
	at := now.At // what happened before is on the page
	if !now.Begun {
		return html.Write(w, unbegun(at), noRows)
	}
	run, err := in.Open(ctx, now.Run.Name)
	if err != nil {
		return err
	}
	s, err := runs.Uncounted(ctx, run)
	if err != nil {
		return err
	}
	if !now.Verifies && now.Step != control.PhaseEnded {
		goOn(s, now)
	}
	results := runs.PlannedResults(ctx, run)
	if s.State == runs.Running {
		results = underWay(run, results)
	}
	report, err := NewReport(run)
	if err != nil {
		return err
	}
	if err := s.Count(runs.ResultsOf(report.Adding(results))); err != nil {
		if !run.InputRefused(err) {
			return err
		}
		results = func(func(runs.PlannedResult, error) bool) {}
	}
	page, err := report.page(s, nil)
	if err != nil {
		return err
	}
	page.Live, page.At, page.MadeAt = true, at, at.Format(words.Clock)
	if s.State == runs.Running {
		page.Headline, page.Tone, page.Next = words.Headline(now), html.Neutral, nil
		for _, step := range words.WaysOn(s.Folder, now.Ways) {
			page.Next = append(page.Next, html.Command{Label: step.What + ":", Line: step.Command})
		}
	}
	return report.write(w, page, s, results, nil)
}

// unbegun is the page of a run that has no folder yet.
func unbegun(at time.Time) html.Page {
	return html.Page{
		Kind: "Run", Headline: "The run begins", Tone: html.Neutral, CSV: "results.csv, in the run's folder",
		Statuses: names(result.Statuses()), Urgent: names(urgent()), At: at, MadeAt: at.Format(words.Clock), Live: true,
	}
}

// noRows are the rows of such a run.
func noRows(func(html.Row, error) bool) {}

// underWay gives the results of a run that goes on: what is not answered is
// planned still. Before there is a plan there are none.
func underWay(run *runs.Run, results iter.Seq2[runs.PlannedResult, error]) iter.Seq2[runs.PlannedResult, error] {
	return func(yield func(runs.PlannedResult, error) bool) {
		if run.Plan == nil {
			return
		}
		for r, err := range results {
			if is := r.Result; is.Status == result.NotAttempted || is.Status == result.Unknown && is.Attempts == 0 {
				r.Result.Status, r.Result.Error = result.Planned, ""
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// goOn makes the summary of a run what it is while an execution of it goes on: how an
// earlier one ended, or that only a plan was made, holds no more.
func goOn(s *runs.Summary, now *control.Status) {
	if !s.EndedAt.IsZero() { // it has not begun to send
		s.DurationMs += max(0, now.At.Sub(now.StartedAt).Milliseconds())
	}
	s.State, s.Stop, s.EndedAt = runs.Running, nil, time.Time{}
	s.Run.DryRun, s.RollbackWindow = now.Run.DryRun, now.RollbackWindow
	if !s.Run.DryRun {
		s.Guards = nil
	}
}
