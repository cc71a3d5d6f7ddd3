package words

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/plan"
)

// Nights says when a run begins and ends within its hours, and how often they come round until then. Times are shown in
// the zone that they are in.
func Nights(n *plan.Nights) string {
	often := CountOf(n.Nights, "window")
	if n.Hours.Overnight() {
		often = CountOf(n.Nights, "night")
	}
	return fmt.Sprintf("within the hours %s it begins at %s, and is done at %s, in %s",
		n.Hours, n.BeginsAt.Format(Clock), n.EndsAt.Format(Clock), often)
}
