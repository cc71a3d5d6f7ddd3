package guard

import (
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
)

// MeasureSIMs measures whether there is an order in which rows can hand on their SIMs, so that each is on one number at a
// time. A plan whose rows hand on none, which is nil, has no such check.
func MeasureSIMs(chains *plan.Chains, allowed bool) []Check {
	if chains == nil || len(chains.Cycles) == 0 {
		return nil
	}
	check := Check{Guard: SharedICCID, Holds: allowed, Measured: "SIMs go round between numbers, so that some are on two for a time"}
	for _, cycle := range chains.Cycles {
		places := make([]string, len(cycle))
		for i, g := range cycle {
			places[i] = g.Place()
		}
		check.Each = append(check.Each, fmt.Sprintf("SIMs go round: each of %s takes that of the next, and the last one that of the first: "+
			"give one of them another SIM first, or <clear>, by a file of its own", strings.Join(places, ", ")))
	}
	return []Check{check}
}
