package page

import (
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// runFigures are the numbers that matter most of a run.
func runFigures(s *runs.Summary, made *plan.Plan) []html.Figure {
	good := s.Counts[result.Updated] + s.Counts[result.Unchanged]
	rest := s.Rows - good - s.Counts[result.Planned]
	figures := []html.Figure{{Label: "Rows", Value: words.Count(s.Rows)}}
	asked := html.Figure{Label: "In sync", Value: words.Count(good), Note: amounts(s.Counts, result.Updated, result.Unchanged), Tone: html.Good}
	if good == 0 {
		asked.Tone = html.Neutral
	}
	figures = append(figures, asked)
	if rest > 0 {
		figures = append(figures, html.Figure{Label: "Not in sync", Value: words.Count(rest), Note: amounts(s.Counts, urgent()...), Tone: tone(s)})
	}
	if n := s.Counts[result.Planned]; n > 0 {
		figures = append(figures, html.Figure{Label: "To be sent", Value: words.Count(n), Note: amounts(s.Counts, result.Planned)})
	}
	requests := html.Figure{Label: "Requests", Value: words.Count(s.Requests.Total), Note: words.InPlaceOf(s)}
	took := html.Figure{Label: "Time", Value: words.Milliseconds(s.DurationMs)}
	if rate, err := client.ParseRate(s.Run.Rate); err == nil && made != nil {
		took.Note = words.EveryRow(made, s.DurationMs, made.Naive(rate).Milliseconds())
	}
	return append(figures, requests, took)
}

// planFigures are the numbers that matter most of a plan.
func planFigures(made *plan.Plan) []html.Figure {
	figures := []html.Figure{
		{Label: "Rows", Value: words.Count(made.Rows)},
		{Label: "Would change", Value: words.Count(made.Counts[result.Planned]), Note: amounts(made.Counts, result.Unchanged)},
	}
	if n := made.Counts[result.Failed] + made.Counts[result.Invalid]; n > 0 {
		figures = append(figures, html.Figure{
			Label: "Cannot be sent", Value: words.Count(n), Note: amounts(made.Counts, result.Failed, result.Invalid), Tone: html.Warning,
		})
	}
	budget := made.Budget
	requests := html.Figure{Label: "Requests needed", Value: words.Count(budget.Needed())}
	if made := budget.Read + budget.ReadTokens; made > 0 {
		requests.Note = words.Count(made) + " made for the plan"
	}
	takes := html.Figure{Label: "Takes", Value: words.Milliseconds(budget.TakesMs), Note: "at " + budget.Rate}
	if every := words.EveryRow(made, budget.TakesMs, budget.NaiveMs); every != "" {
		takes.Note += "; " + every
	}
	if more := words.SecondPass(made); more != "" {
		takes.Note += "; " + more
	}
	if made.Nights != nil {
		takes.Note += "; " + words.Nights(made.Nights)
	}
	figures = append(figures, requests, takes)
	if budget.Updates > 0 {
		rollback := html.Figure{Label: "A rollback takes", Value: words.Duration(made.Rollback()), Note: "of everything"}
		if back := made.RollbackWindow; back != nil {
			rollback.Value, rollback.Note, rollback.Tone = words.Milliseconds(back.FullRollbackMs), window(*back), fit(*back)
		}
		figures = append(figures, rollback)
	}
	return figures
}

// window says whether a plan, and taking it back, fit before the deadline.
func window(back plan.RollbackWindow) string {
	switch {
	case back.Deadline.IsZero():
		return "of everything"
	case back.EndsAt.After(back.Deadline):
		return "the updates would end after the deadline of " + back.Deadline.Format(words.Clock)
	case back.NoReturnAt.IsZero():
		return "fits before the deadline of " + back.Deadline.Format(words.Clock)
	default:
		return fmt.Sprintf("would not fit after %s; deadline %s", words.CountOf(back.NoReturnRows, "row"), back.Deadline.Format(words.Clock))
	}
}

// fit is how good that is.
func fit(back plan.RollbackWindow) html.Tone {
	if back.Deadline.IsZero() || back.NoReturnAt.IsZero() && !back.EndsAt.After(back.Deadline) {
		return html.Neutral
	}
	return html.Warning
}

// amounts are counts in words: "12 failed, 3 unknown".
func amounts(of map[result.Status]int, statuses ...result.Status) string {
	var parts []string
	for _, status := range statuses {
		if n := of[status]; n > 0 {
			parts = append(parts, words.Count(n)+" "+string(status))
		}
	}
	return strings.Join(parts, ", ")
}
