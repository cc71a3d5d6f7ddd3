package store

import (
	"encoding/json"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// Record is something of a run that [Store.Append] commits. The types of this
// file are all there are.
type Record interface{ record() }

// MilestoneKind says what a milestone is.
type MilestoneKind string

const (
	// Planned is that every row is decided. The readings that were made for the
	// plan stay, as what its rows are compared with later; see Anew of [Readings].
	Planned MilestoneKind = "plan"
	// Began is that the plan begins to be carried out, by one more execution.
	Began MilestoneKind = "began"
	// WaveEnded is that a wave has ended, and was read back.
	WaveEnded MilestoneKind = "wave"
	// Commanded is what somebody asked of the run while it went.
	Commanded MilestoneKind = "command"
	// SecondPass is that the rows which failed begin to be tried once more.
	SecondPass MilestoneKind = "second-pass"
	// Ended is the end of an execution.
	Ended MilestoneKind = "end"
	// Foretold is what the guards measured of a plan that was only made.
	Foretold MilestoneKind = "foretold"
	// Learnt is what was found of the API's limit, before the end.
	Learnt MilestoneKind = "limit"
	// Retained is what became of older runs, after the end.
	Retained MilestoneKind = "retention"
	// Late is an answer that came to a process from which the account was taken over; its document is a [result.LateAnswer].
	Late MilestoneKind = "late"
)

// Milestone is a step of a run as a whole.
type Milestone struct {
	// Sequence is when it was committed; not set by who appends it.
	Sequence Sequence
	Kind     MilestoneKind
	At       time.Time
	// Doc is the step itself.
	Doc json.RawMessage
	// Waves is, with [Planned], in which wave each row is sent, by line.
	Waves map[int]int
}

// PlanBlock is what some rows would do, in the input's order. The blocks of a
// plan are counted by the store. The first one drops what an earlier execution
// left of a plan that it did not finish.
type PlanBlock struct {
	// First drops the blocks so far.
	First bool
	// Rows are JSON documents.
	Rows []PlanLine
}

// PlanLine is a row in a plan.
type PlanLine struct {
	// Line and Number are the row's, for finding it.
	Line   int
	Number string
	// Doc is the row, without a line end.
	Doc []byte
}

// ReadingPhase is what numbers are read for.
type ReadingPhase int

const (
	// ForPlan is the reading before the plan is made.
	ForPlan ReadingPhase = iota
	// ForSending is one that was made again before rows were sent.
	ForSending
	// Beside is what the inventory showed of a number that has a SIM which another one is to get, before the plan is made.
	Beside
)

// Reading is what was read of a number, or that a page of the inventory was
// read.
type Reading struct {
	Phase ReadingPhase `json:"phase,omitempty"`
	At    time.Time    `json:"at"`
	// Number is "" when it only tells that a page was read.
	Number string `json:"number,omitempty"`
	// Status is the number's, in the API's words, such as Active; "": it was not told.
	Status string `json:"status,omitempty"`
	// State is nil when the API does not tell the number; Error is its reason.
	State *settings.State `json:"state,omitempty"`
	Error string          `json:"error,omitempty"`
	// Permanent tells of such an error that the API refuses the number for good.
	Permanent bool `json:"permanent,omitempty"`
	// Page is the page of the inventory that was read to its end, Size how many numbers
	// it was asked to have; 0: it has the server's own size.
	Page int `json:"page,omitempty"`
	Size int `json:"size,omitempty"`
}

// Readings are readings in the order in which they were made.
type Readings struct {
	Readings []Reading
	// Anew drops the readings of the phase [ForPlan] so far: these are what
	// counts of them.
	Anew bool
}

// Intent is a row that is about to be sent: on the disk before its request
// leaves.
type Intent struct {
	// Sequence is when it was committed; not set by who appends it.
	Sequence Sequence
	At       time.Time
	Line     int
	Number   string
	// Changes are what the request asks for, with the values from before as far
	// as they were read.
	Changes []settings.Change
}

// Result is what became of a row.
type Result struct {
	result.Result
	// Sequence is when it was committed; not set by who appends it.
	Sequence Sequence
	At       time.Time
	// Settings is the hash of the row's settings, see [settings.Settings.Hash].
	Settings string
}

// Request is an attempt or a wait, for charts and for counting: the same as
// [batch.Request], as JSON.
type Request struct {
	At  time.Time
	Doc json.RawMessage
}

// Requests are requests in the order in which they were noted. They are no part
// of the truth: a crash may lose those of the last second.
type Requests struct{ Requests []Request }

// Verified is what a row's number was found to be after it was sent.
type Verified struct {
	Sequence Sequence
	Line     int
	Number   string
	// Status is a [result.VerifyStatus].
	Status string
	Doc    json.RawMessage
}

// Skipped is a row of another run that a rollback leaves as it is, or some
// fields of it.
type Skipped struct {
	Line   int
	Number string
	Doc    json.RawMessage
}

// Unprotected ends the protection of what a cutover changed. It is a record of
// the run that was told so.
type Unprotected struct {
	Cutover RunID
	At      time.Time
	Doc     json.RawMessage
}

func (*Milestone) record()   {}
func (*PlanBlock) record()   {}
func (*Readings) record()    {}
func (*Intent) record()      {}
func (*Result) record()      {}
func (*Requests) record()    {}
func (*Verified) record()    {}
func (*Skipped) record()     {}
func (*Unprotected) record() {}
