package notify

import (
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Occasion is what is worth a notification.
type Occasion string

// The occasions.
const (
	OnFailure Occasion = "failure" // an outage and its end, a stop, an end with another exit code than 0
	OnChange  Occasion = "change"  // all but an end with exit code 0 that changed nothing
	OnAlways  Occasion = "always"
)

// Occasions returns every occasion.
func Occasions() []Occasion { return []Occasion{OnFailure, OnChange, OnAlways} }

// ParseOccasion reads the name of an occasion.
func ParseOccasion(name string) (Occasion, error) { return oneOf("an occasion", Occasions(), name) }

// takes reports whether a notification is to be posted.
func (o Occasion) takes(n *Notification) bool {
	switch o {
	case OnFailure:
		return n.fails() || n.Event == MomentContinued && n.Reason == string(client.WaitOutage)
	case OnChange:
		return n.Event != MomentEnded || n.fails() || n.changed()
	default:
		return true
	}
}

// fails reports whether a notification tells of something that is not as it should be.
func (n *Notification) fails() bool {
	switch n.Event {
	case MomentOutage, MomentStopping:
		return true
	case MomentEnded:
		return n.ExitCode == nil || *n.ExitCode != 0
	default:
		return false
	}
}

// changed reports whether a run that ended changed something, or would.
func (n *Notification) changed() bool {
	for status, rows := range n.Counts {
		if rows > 0 && (status.MayBeWritten() || status == result.Planned) {
			return true
		}
	}
	return n.Verified[result.Drifted] > 0
}
