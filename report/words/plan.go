package words

import (
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// PlanHeadline says how many updates it takes, and what would refuse it.
func PlanHeadline(made *plan.Plan, checks []guard.Check) string {
	return planUpdates(made) + WouldRefuse(checks)
}

// WouldRefuse ends a headline with what would refuse the plan; "": nothing.
func WouldRefuse(checks []guard.Check) string {
	text := ""
	if refused := guard.Refusals(checks, false); len(refused) > 0 {
		text += "; would be refused: " + whats(refused)
	}
	if refused := guard.Refusals(checks, true); len(refused) > 0 {
		text += "; would be refused at night: " + whats(refused)
	}
	return text
}

// shownRefusals is how many refusals a headline names.
const shownRefusals = 3

// whats are the first refusals in words.
func whats(refused []guard.Refusal) string {
	var parts []string
	for _, r := range refused[:min(len(refused), shownRefusals)] {
		parts = append(parts, r.What())
	}
	if more := len(refused) - shownRefusals; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

// Check tells what a guard measured, and whether the plan passes it.
func Check(c guard.Check) string {
	text := c.Measured
	if c.Most != "" {
		text += ", " + c.Limit() + " allowed"
	}
	return text + ": " + Passes(c)
}

// Passes tells whether a guard lets a plan through.
func Passes(c guard.Check) string {
	switch {
	case c.Holds:
		return "passes"
	case c.AtNight:
		return "would refuse at night, where nobody is asked"
	default:
		return "would refuse"
	}
}

// planUpdates says how many updates a plan takes.
func planUpdates(made *plan.Plan) string {
	switch {
	case made.Rows == 0:
		return "there are no rows"
	case made.Budget.Updates > 0:
		return fmt.Sprintf("%s for %s", CountOf(made.Budget.Updates, "update"), CountOf(made.Rows, "row"))
	case made.Counts[result.Unchanged] == made.Rows:
		return "nothing to send, every row is in sync"
	default:
		return "nothing to send"
	}
}

// PlanRequests says how many requests were made and are still needed, those for
// tokens among them.
func PlanRequests(budget plan.Budget) string {
	made, needed := budget.Read+budget.ReadTokens, budget.Needed()
	var parts []string
	if made > 0 {
		parts = append(parts, fmt.Sprintf("%s made (reading %s, tokens %s)", Count(made), Count(budget.Read), Count(budget.ReadTokens)))
	}
	if needed > 0 {
		rereads := ""
		if budget.Rereads > 0 {
			rereads = fmt.Sprintf("readings again for companions %s, ", Count(budget.Rereads))
		}
		parts = append(parts, fmt.Sprintf("%s needed (updates %s, %stokens %s)", Count(needed), Count(budget.Updates), rereads, Count(budget.Tokens)))
	} else {
		parts = append(parts, "none needed")
	}
	if made > 0 && needed > 0 {
		parts = append(parts, Count(made+needed)+" in all")
	}
	return strings.Join(parts, ", ")
}

// SecondPass says what may come on top of a plan's requests and time; "": nothing.
func SecondPass(made *plan.Plan) string {
	if made.SecondPass == nil {
		return ""
	}
	return "not counted: " + made.SecondPass.String() + " (at night, or with --" + option.SecondPass + ")"
}
