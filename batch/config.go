package batch

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Config is what a run needs to be told, by who owns it. Fields without "optional"
// must be set; [Defaults] has what most are set to. The zero value of an optional one means that nothing is asked for: no
// limit, no hook, no pause. What it refers to must not change while an operation goes, and may be shared by several.
type Config struct {
	File
	// Store has the truth about all runs. RunsDir is where the run's folder is
	// made. RunName is its name; optional: the time and the job. Job is the name
	// under which runs repeat, such as the input's absolute path; optional: what has none
	// repeats nothing.
	Store                 store.Store
	RunsDir, RunName, Job string
	// JobNamed tells that somebody named the job for this very run: then it may change back
	// what a cutover of the same job moved.
	JobNamed bool
	Access
	Reading
	runs.PlanOptions
	send.Options
	// ApprovedMaxAge is how long ago the plan that was Approved may have been made; 0:
	// any time.
	ApprovedMaxAge time.Duration
	// IgnoreFreeSpace begins also where the disk may be full before the end.
	IgnoreFreeSpace bool
	// RollbackOf is the name of the run that this one rolls back, and Skipped the rows of
	// it that are left as they are. Optional.
	RollbackOf string
	Skipped    []runs.Skipped
	beside     map[string]string // what stood beside ids in its plan
	// IncludeFailed takes also the rows that failed in the job's last run and that the input does not name.
	IncludeFailed bool
	included      *runs.Included // what came of it
	// Keep is for how long runs of the job are kept, once this one has come to its
	// end; 0: for ever.
	Keep time.Duration
	// Saved are the options that were given, for whoever resumes the run.
	Saved runs.SavedOptions

	// Lock is held meanwhile, and is told the run. Optional.
	Lock *AccountLock
	// Confirm asks whether to go on, when everything is known and nothing is
	// sent yet. An error declines. Optional.
	Confirm func(context.Context, Question) error
	// Control asks things of the run while it goes. Optional.
	Control *control.Control
	// Attend is called with the run before anything is sent, and what it returns when
	// the run takes no more orders, its lock still being its own. Optional.
	Attend func(run *runs.Run) (done func())
	// Listeners are told what happens. Optional.
	Listeners []event.Listener

	// Version, Host and User are who runs it, and Behalf on whose behalf. Optional.
	Version, Host, User string
	Behalf              runs.Behalf
}

// File is the input of a run.
type File struct {
	// Source is read to its end; SourceName is what people call it, such as
	// nightly.csv, and Input says how it is to be read.
	Source     io.Reader
	SourceName string
	Input      input.Options
}

// Access is how the API is reached.
type Access struct {
	// Client sends the updates. Reader reads current settings; optional: the
	// Client does. What only reads, such as a dry run, needs no Client.
	Reader *client.Reader
	Client *client.Client
	// Account and API say to whom, for the question and the store, and Rate is the rate of
	// all requests together. Optional: they are the client's. A client with one token has no
	// account key, and its Account must be named.
	Account, API string
	Rate         client.Rate
	// Sandbox marks a run that changes no real number. TokenOnly is a client with one
	// token, which cannot read.
	Sandbox, TokenOnly bool
}

// complete is how the API is reached, with what the client knows itself.
func (a Access) complete() Access {
	if a.Reader == nil && a.Client != nil {
		a.Reader = a.Client.Reader
	}
	if a.Reader == nil {
		return a
	}
	a.Account, a.API = cmp.Or(a.Account, a.Reader.Account()), cmp.Or(a.API, a.Reader.BaseURL())
	a.Rate = cmp.Or(a.Rate, a.Reader.Gate().Allowed())
	a.TokenOnly = a.TokenOnly || a.Reader.Account() == ""
	return a
}

// Reading is where current settings are taken from, unless nothing is read.
type Reading struct {
	// Read is the way to read them; or StateFile is where they were exported to, at
	// StateAt, which may be StateMaxAge ago.
	Read        plan.ReadWay
	StateFile   string
	StateAt     time.Time
	StateMaxAge time.Duration
}

// DefaultKeep is for how long the runs of a job are kept: a year, with time to
// compare a night with that of a year ago.
const DefaultKeep = 400 * 24 * time.Hour

// DefaultSecondPass is the pause before failed rows are tried once more, where nobody watches the run.
const DefaultSecondPass = 5 * time.Minute

// Defaults is the configuration as far as nobody asks for something else.
func Defaults() Config {
	return Config{
		Reading: Reading{Read: plan.ReadAuto, StateMaxAge: 12 * time.Hour},
		PlanOptions: runs.PlanOptions{
			WriteOnly: plan.WriteOnlyKnown,
			Guards:    guard.Limits{MaxShrink: plan.Limit{Share: 0.5}, MaxInvalid: plan.Limit{Share: 0.05}},
		},
		Options: send.Options{
			Workers: 4, MaxFailures: plan.Limit{Share: 0.1}, WaitFor: 10 * time.Minute, Verify: plan.VerifyAll,
			ReadLag: 30 * time.Second, Propagation: plan.Propagation{For: settings.VoiceRouteTakes, VoiceOnly: true},
		},
		ApprovedMaxAge: 7 * 24 * time.Hour,
		Keep:           DefaultKeep,
	}
}

// Question is what someone must know to agree to a run.
type Question struct {
	Account, API string
	Sandbox      bool
	Counts       input.Counts
	// Plan is what would be sent, and Updates how much of it is left.
	Plan    *plan.Plan
	Updates int
	// Rate is the rate of this execution, Takes how long it takes at that, and Nights how that goes within its hours; nil:
	// at any. SecondPass is what may come on top of that; nil: nothing.
	Rate       client.Rate
	Takes      time.Duration
	Nights     *plan.Nights
	SecondPass *plan.SecondPass
	// RollbackWindow is where the run would stand; nil: nothing asks for it.
	RollbackWindow *plan.RollbackWindow
	// RollbackOf is the run that is rolled back, if so.
	RollbackOf string
	// Store is where what is sent will be recorded, and Last the job's last run
	// there, with the time at which it began; "": there is none. Who knows of one
	// has come to the wrong store.
	Store  string
	Last   string
	LastAt time.Time
	// Resumed tells that the run has sent rows before.
	Resumed bool
}

// Declined is what [Config.Confirm] returns where nobody agrees.
func (q Question) Declined() error {
	if q.Resumed {
		return result.ErrDeclinedRest
	}
	return result.ErrDeclined
}

// runs is where the run is, and others are.
func (cfg Config) runs() runs.Folder { return runs.Folder{Store: cfg.Store, Dir: cfg.RunsDir} }
