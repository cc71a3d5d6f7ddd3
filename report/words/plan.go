package words

import (
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// PlanHeadline says how many updates it takes.
func PlanHeadline(made *plan.Plan) string {
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
