package text

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

// planTotals writes what a plan comes to.
func planTotals(b *bytes.Buffer, s *runs.Summary, made *plan.Plan) {
	run, name := s.Run, s.Run.Name
	if run.Sandbox {
		name += " (sandbox)"
	}
	fmt.Fprintf(b, "Plan %s: %s\n\n", name, words.Printable(words.PlanHeadline(made, s.Guards)))
	counts(b, made.Rows, made.Counts)
	origin(b, run)
	behalf(b, run)
	routeNames(b, made.Routes)
	if run.Account != "" {
		field(b, "Account", fmt.Sprintf("%s at %s", words.Printable(run.Account), run.API))
	}
	reading := strings.TrimPrefix(words.Reading(made.Reading), "reading ")
	field(b, "Reading", strings.Join(wrapped(reading, textWidth-labelWidth), "\n"))
	field(b, "Requests", words.PlanRequests(made.Budget))
	planTime(b, made)
	planWaves(b, made.Waves)
	notes(b, made.Notes)
	for i, check := range s.Guards {
		field(b, label(i, "Guards"), strings.Join(wrapped(words.Printable(words.Check(check)), textWidth-labelWidth), "\n"))
	}
	rollbackWindow(b, made.RollbackWindow)
	field(b, "Hash", made.Hash+" names exactly these changes")
	inFolder(b, s.Folder)
	for i, step := range words.NextSteps(s) {
		field(b, label(i, "Next"), step.Command)
	}
	if words.PlansAgain(s) {
		field(b, "", "with the other options as they were") // --protect among them: a pasted line must not lose it
	}
}

// notes writes what is to be known of a plan.
func notes(b *bytes.Buffer, of []plan.Note) {
	for i, note := range of {
		field(b, label(i, "Note"), strings.Join(wrapped(words.Printable(note.String()), textWidth-labelWidth), "\n"))
	}
}

// planTime says how long the updates take at the rate, when they would be done,
// and how long it would take to send every row.
func planTime(b *bytes.Buffer, made *plan.Plan) {
	budget := made.Budget
	if budget.Updates > 0 {
		between := ""
		if len(made.Waves) > 1 {
			between = ", besides what stands between waves"
		}
		ends := "begun at once, it is done at " + made.Ends().Format(words.Clock)
		if made.Nights != nil {
			ends = words.Nights(made.Nights)
		}
		field(b, "Time", strings.Join(wrapped(fmt.Sprintf("%s at %s%s; %s",
			words.Milliseconds(budget.TakesMs), budget.Rate, between, ends), textWidth-labelWidth), "\n"))
	}
	if more := words.SecondPass(made); more != "" {
		field(b, "", strings.Join(wrapped(more, textWidth-labelWidth), "\n"))
	}
	if every := words.EveryRow(made, budget.TakesMs, budget.NaiveMs); every != "" {
		field(b, label(min(budget.Updates, 1), "Time"), every)
	}
}
