package runs

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// Identity is what a run is.
type Identity struct {
	Behalf

	// Name is the run's own, Job the one under which runs repeat; "": it repeats none.
	Name string `json:"name"`
	Job  string `json:"job"`
	// JobNamed tells that somebody named the job for this run, which then may change back
	// what a cutover of the same job moved.
	JobNamed bool `json:"jobNamed,omitempty"`
	// Source is what people called the input; Input is the folder's copy, and
	// Options how it is read.
	Source  string        `json:"source"`
	Input   store.Input   `json:"input"`
	Options input.Options `json:"options"`
	// Account and API are to whom updates are sent.
	Account string `json:"account"`
	API     string `json:"api"`
	Sandbox bool   `json:"sandbox,omitempty"`
	// DryRun is a run that ends with the plan. A plan that begins to be carried out is
	// none any more.
	DryRun bool `json:"dryRun,omitempty"`
	PlanOptions
	// How its newest execution sends, or a plan was made.
	Rate        string     `json:"rate"`
	Workers     int        `json:"workers"`
	MaxFailures plan.Limit `json:"maxFailures"`
	// Who ran it, with what, where.
	Version string `json:"version"`
	Host    string `json:"host"`
	User    string `json:"user"`
	PID     int    `json:"pid"`
	// RollbackOf is the name of the run in the same runs folder that this one
	// rolls back.
	RollbackOf string `json:"rollbackOf,omitempty"`
	// Skipped is how many rows of that run are left as they are.
	Skipped int `json:"skipped,omitempty"`
	// Included tells of the failed rows of an earlier run that it has too; nil: nobody asked for them.
	Included *Included `json:"included,omitempty"`
	// Saved are the options that its newest execution was given.
	Saved SavedOptions `json:"saved,omitzero"`
}

// Told is the identity as listeners are told it.
func (i Identity) Told() event.Run {
	return event.Run{
		Name: i.Name, Job: i.Job, Source: i.Source, Account: i.Account, API: i.API, Sandbox: i.Sandbox, DryRun: i.DryRun,
		Host: i.Host, User: i.User, Ticket: i.Ticket, Reason: i.Reason, Operator: i.Operator, Version: i.Version,
	}
}

// Began is the milestone that a plan begins to be carried out, by one more
// execution.
type Began struct {
	// StartedAt is when the execution began its work; zero: it is the run's first.
	StartedAt time.Time `json:"startedAt,omitzero"`
	// Deadline is the execution's; zero: it has none.
	Deadline time.Time `json:"deadline,omitzero"`
	// Routes are what it knows of ids, as [plan.Plan.Routes] are.
	Routes map[string]string `json:"routes,omitempty"`
	// Rate is its rate, from when it sends, Workers how many send, and MaxFailures how
	// many rows may end failed or unknown.
	Rate        string      `json:"rate,omitempty"`
	Workers     int         `json:"workers,omitempty"`
	MaxFailures *plan.Limit `json:"maxFailures,omitempty"`
	// Behalf is on whose behalf it sends.
	Behalf Behalf `json:"behalf,omitzero"`
	// Overhead is what takes time in it besides the updates; nil: not known.
	Overhead *plan.Overhead `json:"overhead,omitempty"`
	// SecondPass is the pause before its second pass; 0: it makes none.
	SecondPass time.Duration `json:"secondPass,omitempty"`
	// Unprotect are the cutovers that may be rolled back from here on.
	Unprotect []string `json:"unprotect,omitempty"`
	// Saved are the options that it was given.
	Saved SavedOptions `json:"saved,omitzero"`
	// UnchangedAsOf is the oldest reading by which rows are unchanged, and Moved are the
	// rows that were so by the plan and are not any more, by line.
	UnchangedAsOf time.Time     `json:"unchangedAsOf,omitzero"`
	Moved         map[int]Moved `json:"moved,omitempty"`
}

// Moved is what became of a row that was unchanged when its plan was made.
type Moved struct {
	Status result.Status `json:"status"`
	Why    string        `json:"why"`
}

// Behalf is on whose behalf something is done, as it was given.
type Behalf struct {
	Ticket   string `json:"ticket,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Operator string `json:"operator,omitempty"`
}

// or returns what is given, and of the rest what was given before.
func (b Behalf) or(before Behalf) Behalf {
	return Behalf{
		Ticket:   cmp.Or(b.Ticket, before.Ticket),
		Reason:   cmp.Or(b.Reason, before.Reason),
		Operator: cmp.Or(b.Operator, before.Operator),
	}
}

// Skipped is a row that a rollback leaves as it is, or some fields of it.
type Skipped struct {
	// Line is the row's in the input of the run that is rolled back.
	Line   int    `json:"line"`
	Number string `json:"number"`
	// Why names the fields, and what keeps them from being rolled back.
	Why string `json:"why"`
	// Partly tells that other fields of the row are rolled back.
	Partly bool `json:"partly,omitempty"`
}

// IsCutover reports whether later runs of other jobs may not roll back what the
// run changed. A rollback is none, whether it has waves or not.
func (i Identity) IsCutover() bool { return len(i.Waves) > 0 && i.RollbackOf == "" }

// Asked is all that decides what a run writes, and when it holds, as one value: two runs
// with the same one write the same. A new option counts unless it is left out here.
func (i Identity) Asked() (string, error) {
	o, saved := i.PlanOptions, i.Saved
	o.Fields = slices.Sorted(slices.Values(o.Fields))
	// These only refuse, and are judged anew.
	o.Guards, o.CheckRoutes, o.CheckSubscribers, o.Unprotect = guard.Limits{}, false, false, nil
	how := i.Options
	how.Added = input.Added{} // is found anew
	value, err := json.Marshal(struct {
		Input    string
		Options  input.Options
		Included bool
		Plan     PlanOptions
		Hold     SavedOptions
	}{i.OwnSHA256(), how, i.Included != nil, o, SavedOptions{Gate: saved.Gate, ConfirmWaves: saved.ConfirmWaves, Recheck: saved.Recheck}})
	return string(value), err
}
