package send

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// Options say how rows are sent.
type Options struct {
	// Workers is the size of the pool.
	Workers int
	// MaxFailures is how many rows may end failed or unknown.
	MaxFailures plan.Limit
	// Recheck is how old the reading of a number may be when its row is sent: an
	// older one is made again first. Optional: [DefaultRecheck], and for rows with
	// preconditions, in waves, and of a plan that was agreed to before, [ConditionalRecheck].
	Recheck time.Duration
	// ReadLag is how long readings may lag behind updates.
	ReadLag time.Duration
	// WaitFor is how long to settle rows that are pending at the end of a wave, or of
	// the run; 0: not at all.
	WaitFor time.Duration
	// LeavePending leaves what is pending at the end of a run without waves to a
	// later one.
	LeavePending bool
	// SecondPass is the pause after which the rows that failed are tried once more, at the end; 0: they are not.
	SecondPass time.Duration
	// Deadline is when no row may be started any more; optional. RequireFit refuses a
	// plan that does not end before it, and ReserveRollback stops at the point of no
	// return.
	Deadline                    time.Time
	RequireFit, ReserveRollback bool
	// Hours are those in which rows may be started.
	Hours hours.Hours
	// Leaves ends the execution where it would wait for hours to begin, or for somebody to overrule the gate: it is
	// resumed then.
	Leaves bool
	// Now is the wall clock, which goes on while a machine is suspended; optional:
	// [time.Now].
	Now func() time.Time

	// What follows concerns waves only. Verify is how many numbers of a wave are read
	// back; none without a key that reads. WaveFailures is how many rows of a wave may
	// have failed, be unknown, pending, in conflict, drifted, unreadable or held back.
	Verify       plan.Sample
	WaveFailures plan.Limit
	// PauseBetween is how long to wait between waves. Gate is asked after each, and an
	// error holds the run; ConfirmWave asks a person whether to go on, and an error
	// declines. Both are optional, and the Gate's context ends with the run.
	// Propagation is waited before a wave is judged.
	PauseBetween time.Duration
	Propagation  plan.Propagation
	Gate         func(context.Context, event.WaveEnded) error
	ConfirmWave  func(context.Context, event.WaveEnded) error
}

// Task is what is to be done for a row.
type Task int

// The tasks. A row is settled that is in doubt, and judged that was refused as locked when it
// was settled: it is sent no more.
const (
	Nothing Task = iota
	Send
	Settle
	judge
)

// Tasks tells what is to be done for each row of a plan.
type Tasks func(plan.Row) Task

// New are the tasks of a plan of which nothing was sent yet.
func New(p plan.Row) Task {
	if p.Sent() {
		return Send
	}
	return Nothing
}

// among are those of the tasks for which a row is wanted.
func (t Tasks) among(wanted func(plan.Row) bool) Tasks {
	return func(p plan.Row) Task {
		if !wanted(p) {
			return Nothing
		}
		return t(p)
	}
}

// Changing gives the rows for which there is something to be done.
func (t Tasks) Changing(p plan.Row) bool { return t(p) != Nothing }

// Job is what a [Sender] sends, and what it needs for that.
type Job struct {
	Options
	// Run is the run, with how its rows stand by earlier executions, and Plan what it
	// does, Agreed to before this execution. Rows are the plan's, WaveOf the wave of each that is sent, by line.
	Run    *runs.Run
	Plan   *plan.Plan
	Agreed bool
	Rows   plan.Rows
	WaveOf map[int]int
	// Client sends updates, and Reader reads numbers; TokenOnly tells that it cannot.
	// ReadsNothing is a run that does not read what it changes.
	Client       *client.Client
	Reader       current.Reader
	TokenOnly    bool
	ReadsNothing bool
	// Known finds what earlier runs tell of write-only fields, by
	// number.
	Known func(ctx context.Context, wanted map[string][]string) (map[string]map[string]string, error)
	// Protected is what may not be changed back, RolledBack are the numbers that
	// rollbacks of the run rolled back, and Later is what later runs did; nil: nothing.
	Protected  protect.Protection
	RolledBack map[string]*runs.Run
	Later      *runs.Later
	// Log records what happens, Requests notes requests, Held is an error when a lock
	// was lost, Renew is that of a store.Fence, and Control can stop and hold the run.
	Log      *runs.Recorder
	Requests *Requests
	Held     func() error
	Renew    func() error // nil: nobody else can have the account
	Control  *control.Control
}
