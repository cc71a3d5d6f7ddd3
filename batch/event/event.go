// Package event has the events of a run, all that is told while it goes: how it is
// read, planned, sent, held and ended. They go one way: the run is asked for something
// by batch/control only.
package event

import (
	"cmp"
	"encoding/json"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Event is something told while a run goes. The concrete types of this package are all there are, and each marshals to
// JSON of names that stay as they are.
type Event interface {
	// Kind says which event it is, for programs that are told of it as JSON.
	Kind() Kind
}

// Listener is told the events of a run, one at a time and in order. It must be
// quick: the run waits for it.
type Listener func(Event)

// Began is the first event of an execution: the run has its folder.
type Began struct {
	At time.Time `json:"at"`
	// Folder is the path of the run's folder, and Run what run it is.
	Folder string `json:"folder"`
	Run    Run    `json:"run"`
	// Verifies tells that the run's numbers are only read again; see batch.Verify.
	Verifies bool `json:"verifies,omitempty"`
}

// Run is what run it is, as listeners are told.
type Run struct {
	Name     string `json:"name"`
	Job      string `json:"job"`
	Source   string `json:"source"` // what people called the input
	Account  string `json:"account"`
	API      string `json:"api"`
	Sandbox  bool   `json:"sandbox"`
	DryRun   bool   `json:"dryRun"`
	Host     string `json:"host"`
	User     string `json:"user"`
	Ticket   string `json:"ticket,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Operator string `json:"operator,omitempty"`
	Version  string `json:"-"` // of bulknum
}

// ProblemFound is a mistake or a warning in the input.
type ProblemFound struct{ input.Problem }

// Checked tells that the whole input has been read and checked.
type Checked struct {
	// Folder is the run's folder.
	Folder string       `json:"folder"`
	Counts input.Counts `json:"counts"`
}

// ReadingTold tells how the current settings are read, and how far that is.
type ReadingTold struct{ plan.Reading }

// ReadingBack tells that numbers that were sent are read back, or that this is over.
type ReadingBack struct {
	Over bool `json:"over"`
}

// PlanMade tells that every row is decided.
type PlanMade struct{ *plan.Plan }

// PlanResumed tells that an execution takes up a plan that was made before.
type PlanResumed struct {
	*plan.Plan
	// Counts is how the rows of the whole input stand, as far as earlier executions
	// came.
	Counts map[result.Status]int `json:"counts"`
}

// NumbersVerified tells what the numbers of a run were found to be, as far as
// they were read.
type NumbersVerified struct {
	// Rows is how many rows were to be in sync, Counts how many of them were
	// found in each state.
	Rows   int                         `json:"rows"`
	Counts map[result.VerifyStatus]int `json:"counts"`
}

// Noticed tells something that someone should know, and that stops nothing.
type Noticed struct {
	Detail string `json:"detail"`
	// Options are those that the detail speaks of.
	Options []option.Name `json:"options,omitempty"`
	// Good is news that nobody has to look after.
	Good bool `json:"good,omitempty"`
}

// Asking tells that somebody is asked whether to send, or to go on with the next
// wave. What shows the progress is to be out of the way.
type Asking struct {
	// Why is what is asked, for people.
	Why string `json:"why"`
}

// Started tells that rows begin to be sent.
type Started struct {
	At time.Time `json:"at"`
	// Rows is how many will be sent.
	Rows    int `json:"rows"`
	Workers int `json:"workers"`
	// Counts is how the rows of the whole input stand: [result.Planned] are those that
	// will be sent, with the rows that repeat them.
	Counts map[result.Status]int `json:"counts"`
	// Again are, by line, the rows among those planned that an earlier execution
	// left failed or unknown.
	Again map[int]result.Status `json:"again,omitempty"`
}

// Attempted is one request, answered or not.
type Attempted struct {
	Row, Line int
	client.Attempt
}

// MarshalJSON tells the failure in words, and spans in milliseconds.
func (a Attempted) MarshalJSON() ([]byte, error) {
	said := struct {
		Row          int             `json:"row"`
		Line         int             `json:"line"`
		Endpoint     client.Endpoint `json:"endpoint"`
		Number       string          `json:"number,omitempty"`
		N            int             `json:"n"`
		StartedAt    time.Time       `json:"startedAt"`
		DurationMs   int64           `json:"durationMs"`
		HTTPStatus   int             `json:"httpStatus,omitempty"`
		Applied      string          `json:"applied"`
		Error        string          `json:"error,omitempty"`
		RetryAfterMs int64           `json:"retryAfterMs,omitempty"`
	}{
		Row: a.Row, Line: a.Line, Endpoint: a.Endpoint, Number: a.Number, N: a.N, StartedAt: a.Start,
		DurationMs: a.Duration.Milliseconds(), HTTPStatus: a.HTTPStatus, Applied: a.Applied.String(),
		RetryAfterMs: a.RetryAfter.Milliseconds(),
	}
	if a.Err != nil {
		said.Error = a.Err.Error()
	}
	return json.Marshal(said)
}

// Waiting tells that a wait longer than the rate asks for has begun, or is over.
type Waiting struct{ client.Wait }

// Finished is what became of a row.
type Finished struct {
	result.Result
	// Was is how the row stood before: [result.Planned], or what it was told to be already: [result.Pending] or
	// [result.Unknown] when it is settled by now, these or [result.Failed] when it was tried once more.
	Was result.Status `json:"was"`
}

// Stopping tells that no further row is started, and why.
type Stopping struct {
	result.Stop
	// InFlight is how many rows are still being answered.
	InFlight int `json:"inFlight"`
}

// Ended is the last event of a run.
type Ended struct {
	At time.Time `json:"at"`
	// Stop is why the run ended early; its zero value, that it did not.
	Stop result.Stop `json:"stop,omitzero"`
}

// WaveStarted tells that the rows of a wave begin to be sent.
type WaveStarted struct {
	plan.Wave
	At time.Time `json:"at"`
}

// WaveEnded tells how a wave went, once its numbers were read back.
type WaveEnded struct {
	plan.Wave
	// StartedAt is when it began, or when an execution took it up again; At,
	// when it ended.
	StartedAt time.Time `json:"startedAt"`
	At        time.Time `json:"at"`
	// Counts is how many of its rows ended in each status; of those updated,
	// Verified are in sync, Drifted are not in sync any more, and Unreadable
	// could not be read. Of NotShown rows the API does not show every field.
	Counts     map[result.Status]int `json:"counts"`
	Verified   int                   `json:"verified"`
	Drifted    int                   `json:"drifted"`
	Unreadable int                   `json:"unreadable"`
	NotShown   int                   `json:"notShown,omitempty"`
	// HeldBack is how many rows were not attempted because they take the SIM of a row that counts against the wave.
	HeldBack int `json:"heldBack,omitempty"`
	// LetGo tells that somebody let it go although orders were pending that could
	// not be asked for in time: those do not count against it.
	LetGo bool `json:"letGo,omitempty"`
	// Passed tells that the next wave may begin; Why, what speaks against it.
	Passed bool   `json:"passed"`
	Why    string `json:"why,omitempty"`
	// Gate is what the gate said against the last wave, after which none could be held;
	// "": nothing.
	Gate string `json:"gate,omitempty"`
	// RollbackWindow is where the run stands then; Folder is the run's.
	RollbackWindow *plan.RollbackWindow `json:"rollbackWindow,omitempty"`
	Folder         string               `json:"-"`
}

// CountsAgainst reports whether rows of a status count against the wave.
func (w WaveEnded) CountsAgainst(status result.Status) bool {
	switch status {
	case result.Failed, result.Unknown, result.Conflict:
		return true
	case result.Pending:
		return !w.LetGo
	default:
		return false
	}
}

// Bad is how many of its rows count against it.
func (w WaveEnded) Bad() int {
	bad := w.Drifted + w.Unreadable + w.HeldBack
	for status, n := range w.Counts {
		if w.CountsAgainst(status) {
			bad += n
		}
	}
	return bad
}

// Held tells that nothing is sent because someone, or something set up by
// someone, asked for that: a pause, a hold file, a gate; or that it is over.
type Held struct {
	// Name tells holds apart that overlap: "pause by" and whose it is, that of a hold
	// file, or none for a wave that is held.
	Name  string    `json:"name"`
	Over  bool      `json:"over,omitempty"`
	Since time.Time `json:"since"`
	// Why says who or what holds, for people.
	Why string `json:"why"`
	// Until is when it ends by itself; zero when it does not.
	Until time.Time `json:"until,omitzero"`
	// Wave is the one that begins when somebody approves it; 0: none is held.
	Wave int `json:"wave,omitempty"`
	// Expected tells that the run itself waits, as it was planned: nobody needs to do anything.
	Expected bool `json:"expected,omitempty"`
	// Reason is what the hold counts as; "": [client.WaitHold].
	Reason client.WaitReason `json:"reason,omitempty"`
}

// WaitStore is the reason of a hold while nothing can be recorded: the store's database is away.
const WaitStore client.WaitReason = "store"

// Wait is what the hold counts as.
func (h Held) Wait() client.WaitReason { return cmp.Or(h.Reason, client.WaitHold) }
