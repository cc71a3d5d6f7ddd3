package live

import (
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/client"
)

// stateVersion is the version of the state as JSON.
const stateVersion = 1

// State is a run at one moment, as the live page shows it.
type State struct {
	// Version is the version of this document.
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	// Phase is what it is at since when, Why the reason of one that keeps it from going
	// on, and Until when that ends by itself, as ctl tells them.
	Phase control.Phase `json:"phase"`
	Since time.Time     `json:"since,omitzero"`
	Why   string        `json:"why,omitempty"`
	Until time.Time     `json:"until,omitzero"`
	// Headline says that in one line, while the run goes on.
	Headline string `json:"headline,omitempty"`
	// Next are the commands by which it goes on that is kept from it.
	Next []string  `json:"next,omitempty"`
	Run  event.Run `json:"run"`
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
	Done    int  `json:"done"`
	Total   int  `json:"total"`
	Reading bool `json:"reading,omitempty"`
	// Requests are those of this execution; at the end the summary's.
	Requests request.Counts `json:"requests"`
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
