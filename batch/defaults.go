package batch

import (
	"time"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
)

// Defaults returns the options of a run of which nothing else is asked. They are the
// defaults of the flags too. The rate, and the patience with the API, are those of
// the client: see [client.DefaultRate].
func Defaults() Config {
	return Config{
		Read:           plan.ReadAuto,
		StateMaxAge:    12 * time.Hour,
		ApprovedMaxAge: 7 * 24 * time.Hour,
		Keep:           prune.DefaultKeep,
		PlanOptions: runs.PlanOptions{
			Hidden: plan.HiddenKnown,
			Guards: guard.Limits{MaxShrink: plan.Limit{Share: 0.5}, MaxInvalid: plan.Limit{Share: 0.05}},
		},
		Options: send.Options{
			Workers:     4,
			MaxFailures: plan.Limit{Share: 0.1},
			Verify:      plan.VerifyAll,
		},
	}
}
