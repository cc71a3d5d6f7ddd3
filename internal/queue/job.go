package queue

import (
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Task is what is to be done for an account.
type Task struct {
	// Account is the name of the account's file.
	Account string
	// Run is the run of the store that is carried out; or Command is a command line, without the program, that is due
	// since Due.
	Run     string
	Command []string
	Due     time.Time
	// Deadline is after when it is not tried again; zero: there is none.
	Deadline time.Time
}

// args are those of a job, which say what is to be done.
type args interface {
	river.JobArgs
	task() Task
}

// runArgs are those of a job that carries a run out: one an account.
type runArgs struct {
	Account  string    `json:"account" river:"unique"`
	Run      string    `json:"run"`
	Deadline time.Time `json:"deadline,omitzero"`
}

// Kind is of [river.JobArgs].
func (runArgs) Kind() string { return "run" }

// task is what the job is for.
func (a runArgs) task() Task { return Task{Account: a.Account, Run: a.Run, Deadline: a.Deadline} }

// tickArgs are those of a job that a schedule's line has become due for: one a tick.
type tickArgs struct {
	Account string    `json:"account" river:"unique"`
	Command []string  `json:"command" river:"unique"`
	Due     time.Time `json:"due" river:"unique"`
}

// Kind is of [river.JobArgs].
func (tickArgs) Kind() string { return "tick" }

// task is what the job is for.
func (a tickArgs) task() Task { return Task{Account: a.Account, Command: a.Command, Due: a.Due} }

const (
	// maxAttempts is so much that no job is discarded for them: each time that a worker dies takes one.
	maxAttempts = 10_000
	// The priorities of jobs that nobody has begun, and of the others: a worker that has room for one goes on with its own first.
	waiting, begun = 2, 1
)

// runOptions are how a job of a run is entered.
func runOptions() *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: maxAttempts, Priority: waiting, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: active}}
}

// tickOptions are how a tick is entered: one that was worked is not entered again.
func tickOptions() *river.InsertOpts {
	return &river.InsertOpts{MaxAttempts: maxAttempts, Priority: waiting, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: rivertype.JobStates()}}
}

// active are the states of jobs that have not come to an end.
var active = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// Progress is how far the work of a job is, as its worker tells it in the job's output.
type Progress struct {
	// Worker is who carries it out; "": nobody does. At is when that was so.
	Worker string    `json:"worker,omitempty"`
	Host   string    `json:"host,omitempty"`
	At     time.Time `json:"at,omitzero"`
	// Run is the run, Phase what it is at, and Why the reason of what keeps it from going on, or of its end.
	Run   string `json:"run,omitempty"`
	Phase string `json:"phase,omitempty"`
	Why   string `json:"why,omitempty"`
	// Done of Total updates have come to an end, and Ends is when all will have; zero: that is not known.
	Done  int       `json:"done"`
	Total int       `json:"total"`
	Ends  time.Time `json:"ends,omitzero"`
	// Waits is so while it waits for somebody: then it takes no place of another one.
	Waits bool `json:"-"`
	// ExitCode is that of a command that came to its end.
	ExitCode *int `json:"exitCode,omitempty"`
}

// heard is for how long it is believed that a worker goes on with what it told of.
const heard = 25 * time.Second

// heldBy reports whether another worker goes on with it.
func (p Progress) heldByOther(me string, now time.Time) bool {
	return p.Worker != "" && p.Worker != me && now.Sub(p.At) < heard
}
