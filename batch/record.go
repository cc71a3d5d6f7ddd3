package batch

import (
	"cmp"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
)

// formatVersion is the version of the journal's records. A reader refuses a
// newer one.
const formatVersion = 1

// kind is what a record of the journal tells.
type kind string

const (
	// kindRun is the first record: what run this is.
	kindRun kind = "run"
	// kindPlan is what the run would do; its rows are in plan.jsonl.
	kindPlan kind = "plan"
	// kindApply is that the plan begins to be carried out.
	kindApply kind = "apply"
	// kindIntent is on the disk before a row's first request leaves.
	kindIntent kind = "intent"
	// kindResult is what became of a row.
	kindResult kind = "result"
	// kindWave is that a wave has ended, and was read back.
	kindWave kind = "wave"
	// kindControl is what somebody asked of the run while it went.
	kindControl kind = "control"
	// kindEnd is the last record of an execution.
	kindEnd kind = "end"
)

// record is one record of the journal: its kind says which of the pointers is
// set.
type record struct {
	Kind    kind        `json:"kind"`
	At      time.Time   `json:"at"`
	Run     *Identity   `json:"run,omitempty"`
	Plan    *Plan       `json:"plan,omitempty"`
	Intent  *intent     `json:"intent,omitempty"`
	Result  *Result     `json:"result,omitempty"`
	Control *Controlled `json:"control,omitempty"`
	Wave    *WaveEnded  `json:"wave,omitempty"`
	End     *Stop       `json:"end,omitempty"`
	// Deadline is that of an execution, of kindApply; zero: it has none.
	Deadline time.Time `json:"deadline,omitzero"`
	// Routes are the names of routes that an execution has read, by id, of
	// kindApply.
	Routes map[string]string `json:"routes,omitempty"`
	// Rate is the pace of an execution, from when it sends, of kindApply.
	Rate string `json:"rate,omitempty"`
	// Behalf is on whose behalf an execution sends, of kindApply.
	Behalf Behalf `json:"behalf,omitzero"`
	// Release are the cutovers that may be taken back from here on, of kindApply.
	Release []string `json:"release,omitempty"`
	// Cautions are what an execution was asked to hold or stop for, of kindApply.
	Cautions Cautions `json:"cautions,omitempty"`
	// Manner is how an execution goes about its sending, of kindApply.
	Manner Manner `json:"manner,omitempty"`
	// Settings is the hash of the row's settings, of an intent and a result.
	Settings string `json:"settings,omitempty"`
}

// intent is a row that is about to be sent.
type intent struct {
	Line   int    `json:"line"`
	Number string `json:"number"`
	// Set is what the request asks for.
	Set map[string]string `json:"set"`
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

// Identity is what a run is: the journal's first record.
type Identity struct {
	Behalf

	// Format is the version of the journal's records.
	Format int `json:"format"`
	// Name is the run's own, Job the one under which runs repeat.
	Name string `json:"name"`
	Job  string `json:"job"`
	// Source is what people called the input; Input is the folder's copy, and
	// Options how it is read.
	Source  string        `json:"source"`
	Input   rundir.Input  `json:"input"`
	Options input.Options `json:"options"`
	// Account and API are to whom updates are sent.
	Account string `json:"account"`
	API     string `json:"api"`
	Sandbox bool   `json:"sandbox,omitempty"`
	// DryRun is a run that ends with the plan; All one that reads nothing and
	// sends every row.
	DryRun bool `json:"dryRun,omitempty"`
	All    bool `json:"all,omitempty"`
	// Fields are those that it may write; none: all. Hidden is what it does
	// about fields that the API does not show.
	Fields []string   `json:"fields,omitempty"`
	Hidden HiddenMode `json:"hidden,omitempty"`
	// The settings that matter for what is sent, and how fast: Rate is that of
	// the newest execution.
	SkipInvalid bool   `json:"skipInvalid,omitempty"`
	Rate        string `json:"rate"`
	Workers     int    `json:"workers"`
	MaxFailures string `json:"maxFailures"`
	// Who ran it, with what, where.
	Version string `json:"version"`
	Host    string `json:"host"`
	User    string `json:"user"`
	PID     int    `json:"pid"`
	// Waves are the sizes of the waves as they were asked for; "": it has none.
	// MaxWave is how many rows a wave may have; 0: any number.
	Waves   string `json:"waves,omitempty"`
	MaxWave int    `json:"maxWave,omitempty"`
	// RollbackOf is the name of the run in the same runs folder that this one
	// takes back.
	RollbackOf string `json:"rollbackOf,omitempty"`
	// LeftAlone is how many rows of that run are left as they are; they stand in
	// left.jsonl.
	LeftAlone int `json:"leftAlone,omitempty"`
	// Release are the cutovers that it, and later runs, may take back.
	Release []string `json:"release,omitempty"`
	// Guards are what must hold of its plan, also when it goes on; Approved is
	// the run that its changes must be part of.
	Guards   Guards `json:"guards,omitzero"`
	Approved string `json:"approved,omitempty"`
	// Cautions are what its newest execution was asked to hold or stop for.
	Cautions Cautions `json:"cautions,omitempty"`
	// Manner is how its newest execution was asked to go about its sending.
	Manner Manner `json:"manner,omitempty"`
	// CheckRoutes tells that the routes of its plan must work.
	CheckRoutes bool `json:"checkRoutes,omitempty"`
}
