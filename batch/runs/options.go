package runs

import (
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// PlanOptions say what a run is to do, whoever carries its plan out: another execution goes on with them.
type PlanOptions struct {
	// All sends every row and reads nothing.
	All bool `json:"all,omitempty"`
	// Fields are those that it may write; none: all. WriteOnly is what it does about write-only fields.
	Fields    []string           `json:"fields,omitempty"`
	WriteOnly plan.WriteOnlyMode `json:"writeOnly,omitempty"`
	// SkipInvalid sends the valid rows of an input that has invalid ones.
	SkipInvalid bool `json:"skipInvalid,omitempty"`
	// Waves slice what is sent; none: it is sent at once. MaxWave is how many rows a wave may have; 0: any number.
	Waves   plan.Waves `json:"waves,omitempty"`
	MaxWave int        `json:"maxWave,omitempty"`
	// Guards are what must hold of the plan, also when another execution goes on with it. CheckRoutes reads the
	// routes that numbers would move to, and refuses the plan if one of them does not work.
	Guards      guard.Limits `json:"guards,omitzero"`
	CheckRoutes bool         `json:"checkRoutes,omitempty"`
	// CheckSubscribers reads the subscribers that rows assign, and refuses the plan if one of them does not exist.
	CheckSubscribers bool `json:"checkSubscribers,omitempty"`
	// CheckRoutesIfCheap does so where it costs at most one of a hundred requests; routes that cannot be read are let pass
	// then.
	CheckRoutesIfCheap bool `json:"-"`
	// Approved is the run of a plan, one of whose changes each change must be. Optional.
	Approved string `json:"approved,omitempty"`
	// Unprotect are the names of cutovers that this run, and later ones, may roll back. Optional; see
	// [Folder.FindCutover].
	Unprotect []string `json:"unprotect,omitempty"`
}

// Allowed are the settings of a row that may be written.
func (o PlanOptions) Allowed(want settings.Settings) settings.Settings {
	if len(o.Fields) == 0 {
		return want
	}
	return want.Only(o.Fields)
}

// With are the options of a run that another execution goes on with, together with those that are given now: no guard
// is loosened. asked tells that the run was agreed to already.
func (o PlanOptions) With(now PlanOptions, asked bool) PlanOptions {
	o.Guards = o.Guards.And(now.Guards, asked)
	o.CheckSubscribers = now.CheckSubscribers || o.CheckSubscribers && !asked
	o.CheckRoutes, o.CheckRoutesIfCheap = now.CheckRoutes || o.CheckRoutes && !asked, now.CheckRoutesIfCheap
	o.Unprotect = slices.Compact(slices.Sorted(slices.Values(append(slices.Clip(o.Unprotect), now.Unprotect...))))
	return o
}

// SavedOptions are options of an execution as they were given for it. Whoever resumes the run means the same, unless
// they are given anew; nil: that one was not given.
type SavedOptions struct {
	Rate          *client.Rate   `json:"rate,omitempty"`
	MinRate       *client.Rate   `json:"minRate,omitempty"`
	Workers       *int           `json:"workers,omitempty"`
	Timeout       *time.Duration `json:"timeout,omitempty"`
	MaxAttempts   *int           `json:"maxAttempts,omitempty"`
	MaxRetryAfter *time.Duration `json:"maxRetryAfter,omitempty"`
	OutageWait    *time.Duration `json:"outageWait,omitempty"`
	MaxFailures   *plan.Limit    `json:"maxFailures,omitempty"`
	Verify        *plan.Sample   `json:"verify,omitempty"`
	PauseBetween  *time.Duration `json:"pauseBetween,omitempty"`
	Propagation   *time.Duration `json:"propagation,omitempty"`
	WaveFailures  *plan.Limit    `json:"waveFailures,omitempty"`
	GateTimeout   *time.Duration `json:"gateTimeout,omitempty"`
	Recheck       *time.Duration `json:"recheck,omitempty"`
	WaitFor       *time.Duration `json:"waitFor,omitempty"`
	SecondPass    *time.Duration `json:"secondPass,omitempty"`
	ReadLag       *time.Duration `json:"readLag,omitempty"`
	HoldFile      *string        `json:"holdFile,omitempty"`
	Deadline      *time.Time     `json:"deadline,omitempty"`
	Hours         *hours.Hours   `json:"hours,omitempty"`
	RequireFit    *bool          `json:"requireFit,omitempty"`
	// Protect is the file of numbers that must never change: it is read again.
	Protect *string `json:"protect,omitempty"`
	// Account is the name of the account's file, and Accounts the folder that has it, if it is not the usual one; "": the
	// account was the environment's. They are for the commands that are proposed.
	Account  string `json:"account,omitempty"`
	Accounts string `json:"accounts,omitempty"`
	// What a run is to hold or stop for between its rows must be given again, be it no: whoever resumes it may not
	// know of it.
	Gate            *string `json:"gate,omitempty"`
	ConfirmWaves    *bool   `json:"confirmWaves,omitempty"`
	ReserveRollback *bool   `json:"reserveRollback,omitempty"`
}

// Saved returns the options that the newest execution was given, at the rate that was asked for last.
func (r *Run) Saved() SavedOptions {
	saved := r.Identity.Saved
	if rate, err := client.ParseRate(r.Rate); err == nil {
		saved.Rate = &rate
	}
	return saved
}

// Unsaid refuses to resume a run that was to hold or stop for something without a word of it.
func (o SavedOptions) Unsaid(now SavedOptions) []guard.Check {
	var checks []guard.Check
	unsaid := func(g guard.Guard, asked, said bool, what, value string) {
		if asked && !said {
			measured := "the run was to " + what + ": say whether it still is"
			checks = append(checks, guard.Check{Guard: g, Measured: measured, Allow: value})
		}
	}
	unsaid(guard.Gate, o.Gate != nil && *o.Gate != "", now.Gate != nil, "ask a gate after each wave", deref(o.Gate))
	unsaid(guard.ConfirmWaves, deref(o.ConfirmWaves), now.ConfirmWaves != nil, "ask somebody after each wave", "")
	unsaid(guard.ReserveRollback, deref(o.ReserveRollback), now.ReserveRollback != nil,
		"stop at the point of no return", "")
	return checks
}

// deref is a value that may not be given.
func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}
