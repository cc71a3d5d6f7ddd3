package batch

import (
	"context"
	"io"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Config is what a run needs to be told. Fields without "optional" must be set.
type Config struct {
	// Source is the input; SourceName what people call it, such as
	// nightly.csv.
	Source     io.Reader
	SourceName string
	// Input says how the input is to be read.
	Input input.Options

	// Store has the truth about all runs. RunsDir is where the run's folder is
	// made. RunName is its name; optional: the time and the job. Job is the name
	// under which runs repeat.
	Store                 store.Store
	RunsDir, RunName, Job string

	// Reader reads current settings, and Client sends the updates, at their one
	// pace. A dry run has no Client.
	Reader *client.Reader
	Client *client.Client
	// Account and API say to whom, for the question and the store; Rate is
	// the client's pace.
	Account, API string
	Rate         client.Rate
	// Sandbox marks a run that changes no real number.
	Sandbox bool

	// PlanOptions say what the run is to do.
	runs.PlanOptions
	// Read is the way to read current settings, unless All is set, or StateFile where
	// they were exported to, with StateAt its time.
	Read      plan.ReadWay
	StateFile string
	StateAt   time.Time
	// StateMaxAge is how long ago the file may have been written.
	StateMaxAge time.Duration
	// ApprovedMaxAge is how long ago the plan that was Approved may have been made; 0:
	// any time.
	ApprovedMaxAge time.Duration

	// TokenOnly is a client with one token, which cannot read.
	TokenOnly bool

	// RollbackOf is the name of the run that this one takes back. Optional.
	RollbackOf string
	// Left are the rows of that run which are left as they are. Optional.
	Left []runs.Skipped
	// Options say how rows are sent.
	send.Options

	// Lock is held meanwhile, and is told the run. Optional.
	Lock *AccountLock

	// IgnoreFreeSpace begins also where the disk may be full before the end.
	IgnoreFreeSpace bool
	// Keep is for how long runs of the job are kept, once this one has come to its
	// end; 0: for ever.
	Keep time.Duration

	// Saved are the options that were given, for whoever resumes the run.
	Saved runs.SavedOptions

	// Confirm asks whether to go on, when everything is known and nothing is
	// sent yet. An error declines. Optional.
	Confirm func(context.Context, Question) error
	// Control asks things of the run while it goes. Optional.
	Control *control.Control
	// Attend is called with the run's folder before anything is sent, and what it
	// returns when the run takes no more orders, the folder still being its own.
	// Optional.
	Attend func(folder string) (done func())
	// Listeners are told what happens. Optional.
	Listeners []event.Listener

	// Version, Host and User are who runs it, for the store. Optional.
	Version, Host, User string
	// Behalf is on whose behalf. Optional.
	Behalf runs.Behalf
}

// Question is what someone must know to agree to a run.
type Question struct {
	Account, API string
	Sandbox      bool
	Counts       input.Counts
	// Plan is what would be sent.
	Plan *plan.Plan
	// Rate is the pace.
	Rate client.Rate
	// RollbackWindow is where the run would stand; nil: nothing asks for it.
	RollbackWindow *plan.RollbackWindow
	// RollbackOf is the run that is taken back, if so.
	RollbackOf string
	// Store is where what is sent will be recorded, and Last the job's last run
	// there, with the time at which it began; "": there is none. Who knows of one
	// has come to the wrong store.
	Store  string
	Last   string
	LastAt time.Time
}

// runs is where the run is, and others are.
func (cfg Config) runs() runs.Folder { return runs.Folder{Store: cfg.Store, Dir: cfg.RunsDir} }
