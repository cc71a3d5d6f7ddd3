package live

import (
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// stateVersion is the version of the state as JSON.
const stateVersion = 1

// Phase is what a run is at.
type Phase string

// The phases, in their order.
const (
	PhaseChecking Phase = "checking" // the input
	PhaseReading  Phase = "reading"  // current settings
	PhasePlanned  Phase = "planned"  // every row is decided, and perhaps somebody is asked
	PhaseSending  Phase = "sending"
	PhaseStopping Phase = "stopping" // no further row is started
	PhaseEnded    Phase = "ended"
)

// State is a run at one moment, as the live page shows it.
type State struct {
	// Version is the version of this document.
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	Phase   Phase     `json:"phase"`
	Run     event.Run `json:"run"`
	// StartedAt and EndedAt bound this execution; DurationMs is, at the end, the
	// summary's.
	StartedAt  time.Time `json:"startedAt,omitzero"`
	EndedAt    time.Time `json:"endedAt,omitzero"`
	DurationMs int64     `json:"durationMs"`
	// Rows is how many the input has, Counts how many stand in each status.
	Rows   int                   `json:"rows"`
	Counts map[result.Status]int `json:"counts"`
	// Verified is how many rows of a run that was verified were found to be how.
	Verified map[result.VerifyStatus]int `json:"verified,omitempty"`
	// Done of Total rows have been sent in this execution; while reading they
	// are requests. A total of 0 is not known.
	Done  int `json:"done"`
	Total int `json:"total"`
	// Requests are those of this execution; at the end the summary's.
	Requests runs.Requests `json:"requests"`
	// PerMinute is how many rows ended in the last minute, AveragePerMinute in a
	// minute since the beginning, and AllowedPerMinute how many requests may be
	// sent.
	PerMinute        float64 `json:"perMinute"`
	AveragePerMinute float64 `json:"averagePerMinute"`
	AllowedPerMinute float64 `json:"allowedPerMinute"`
	// LeftMs is how long the rest takes, EndsAt when it is done; absent: that is
	// not known.
	LeftMs int64     `json:"leftMs,omitempty"`
	EndsAt time.Time `json:"endsAt,omitzero"`
	// Wait is what is waited for.
	Wait *WaitState `json:"wait,omitempty"`
	// Wave is the one that is sent.
	Wave *plan.Wave `json:"wave,omitempty"`
	// Failures and Recent are rows that ended last, the newest first.
	Failures []control.Row `json:"failures"`
	Recent   []control.Row `json:"recent"`
	// Stop is why it ends early. ExitCode is the command's, at its end.
	Stop     *result.Stop `json:"stop,omitempty"`
	ExitCode *int         `json:"exitCode,omitempty"`
}

// WaitState is what is waited for: in words, and until when if that is known.
type WaitState struct {
	Reason client.WaitReason `json:"reason"`
	Detail string            `json:"detail,omitempty"`
	Since  time.Time         `json:"since"`
	Until  time.Time         `json:"until,omitzero"`
}
