package batch

import (
	"context"
	"io"
	"time"

	"github.com/bulknum/bulknum/batch/input"
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

	// RunsDir is where the run's folder is made. RunName is its name;
	// optional: the time and the job. Job is the name under which runs repeat.
	RunsDir, RunName, Job string

	// Client sends the updates, at its own pace.
	Client *client.Client
	// Account and API say to whom, for the question and the journal; Rate is
	// the client's pace.
	Account, API string
	Rate         client.Rate
	// Sandbox marks a run that changes no real number.
	Sandbox bool

	// Workers is the size of the pool.
	Workers int
	// MaxFailures is how many rows may end failed or unknown.
	MaxFailures Limit
	// SkipInvalid sends the valid rows of an input that has invalid ones.
	SkipInvalid bool

	// Confirm asks whether to go on, when everything is known and nothing is
	// sent yet. An error declines. Optional.
	Confirm func(context.Context, Question) error
	// Control asks things of the run while it goes. Optional.
	Control *Control
	// Listeners are told what happens. Optional.
	Listeners []Listener

	// Version, Host and User are who runs it, for the journal. Optional.
	Version, Host, User string
}

// Question is what someone must know to agree to a run.
type Question struct {
	Account, API string
	Sandbox      bool
	Counts       input.Counts
	// Rows is how many updates would be sent.
	Rows int
	// Rate is the pace, and Takes how long the updates take at it.
	Rate  client.Rate
	Takes time.Duration
}
