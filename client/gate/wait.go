package gate

import "time"

// Reason says why nothing is sent.
type Reason string

// The reasons of a wait. Waiting for the rate is not told.
const (
	Throttled   Reason = "429"     // the whole client, after a 429
	Unavailable Reason = "503"     // the whole client, after a 503 that asked for it
	Backoff     Reason = "backoff" // this call only, before its next attempt
	Outage      Reason = "outage"  // the whole client, until a probe is answered
	Hold        Reason = "hold"    // the whole client, until Gate.EndHold
)

// Wait is a wait that begins, or an outage that is over.
type Wait struct {
	Reason Reason    `json:"reason"`
	Since  time.Time `json:"since"`            // when it began
	Until  time.Time `json:"until,omitzero"`   // zero: not known
	Detail string    `json:"detail,omitempty"` // the reason of a hold, the failure behind an outage
	// Over is true when an outage has ended; Since and Until are then its whole span.
	Over bool `json:"over,omitempty"`
}
