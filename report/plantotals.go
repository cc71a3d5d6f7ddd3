package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch"
)

// planTotals writes what a plan comes to.
func planTotals(b *bytes.Buffer, run batch.Identity, folder string, plan *batch.Plan) {
	name := run.Name
	if run.Sandbox {
		name += " (sandbox)"
	}
	fmt.Fprintf(b, "Plan %s: %s\n\n", name, planHeadline(plan))
	counts(b, plan.Rows, plan.Counts)
	origin(b, run)
	if run.Account != "" {
		field(b, "Account", fmt.Sprintf("%s at %s", printable(run.Account), run.API))
	}
	reading := strings.TrimPrefix(ReadingText(plan.Reading), "reading ")
	field(b, "Reading", strings.Join(wrapped(reading, textWidth-labelWidth), "\n"))
	field(b, "Requests", planRequests(plan.Budget))
	planTime(b, plan)
	planWaves(b, plan.Waves)
	for i, note := range plan.Notes {
		field(b, label(i, "Note"), strings.Join(wrapped(printable(note.String()), textWidth-labelWidth), "\n"))
	}
	standing(b, plan.WayBack)
	field(b, "Hash", plan.Hash)
	field(b, "Folder", folder)
}

// planHeadline says how many updates it takes.
func planHeadline(plan *batch.Plan) string {
	switch {
	case plan.Rows == 0:
		return "there are no rows"
	case plan.Budget.Updates > 0:
		return fmt.Sprintf("%s for %s", countOf(plan.Budget.Updates, "update"), countOf(plan.Rows, "row"))
	case plan.Counts[batch.Unchanged] == plan.Rows:
		return "nothing to send, every row is as asked"
	default:
		return "nothing to send"
	}
}

// planRequests says how many requests were made and are still needed, those for
// tokens among them.
func planRequests(budget batch.Budget) string {
	made, needed := budget.Read+budget.ReadTokens, budget.Updates+budget.Tokens
	var parts []string
	if made > 0 {
		parts = append(parts, fmt.Sprintf("%s made (reading %s, tokens %s)", Count(made), Count(budget.Read), Count(budget.ReadTokens)))
	}
	if needed > 0 {
		parts = append(parts, fmt.Sprintf("%s needed (updates %s, tokens %s)", Count(needed), Count(budget.Updates), Count(budget.Tokens)))
	} else {
		parts = append(parts, "none needed")
	}
	if made > 0 && needed > 0 {
		parts = append(parts, Count(made+needed)+" in all")
	}
	return strings.Join(parts, ", ")
}

// planTime says how long the updates take at the pace, when they would be done,
// and how long it would take to send every row.
func planTime(b *bytes.Buffer, plan *batch.Plan) {
	budget := plan.Budget
	if budget.Updates > 0 {
		ends := budget.EndsAt
		if plan.WayBack != nil {
			ends = plan.WayBack.EndsAt // with what stands between waves
		}
		field(b, "Time", fmt.Sprintf("%s at %s; begun at once, it is done at %s",
			milliseconds(budget.TakesMs), budget.Rate, ends.Format(clock)))
	}
	if plan.Reading.Way != batch.ReadNone {
		field(b, label(min(budget.Updates, 1), "Time"), "sending every row would take "+milliseconds(budget.NaiveMs))
	}
}
